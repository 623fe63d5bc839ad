$Values = @(
{%- for value in script.values %}
    @{ Key = 'HKLM:\SOFTWARE\{{ value.key }}'; Name = '{{ value.name }}'; Type = {% match value.data %}{% when Data::Text(text) %}'String'; Data = '{{ text }}'{% when Data::Number(number) %}'DWord'; Data = {{ number }}{% endmatch %} }
{%- endfor %}
)
