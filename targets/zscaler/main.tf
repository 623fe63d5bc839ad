{% for line in header %}# {{ line }}
{% endfor %}#
# Changes must be activated. Rules without users, groups or locations are for everybody.
{%- if enabled %}
# These are ENABLED, as the profile says: for everybody from the activation on, unless you say for whom they are.
{%- else %}
# These are DISABLED, so that you can say for whom they are first; `enabled: true` in the profile makes them ENABLED.
{%- endif %}

terraform {
  required_providers {
    zia = {
      source  = "zscaler/zia"
      version = ">= 4.0.0"
    }
  }
}
{% for category in categories %}
resource "zia_url_categories" "{{ category.label }}" {
  configured_name = "{{ category.name }}"
  description     = "{{ description }}"
  super_category  = "USER_DEFINED"
  custom_category = true
  type            = "URL_CATEGORY"

  # Each keeps the category that Zscaler gave it.
  db_categorized_urls = [
{%- for url in category.urls %}
    "{{ url }}",
{%- endfor %}
  ]
}
{% endfor %}
{%- for rule in rules %}
{%- if rule.inspection %}
# Predefined rules hold places in the order; say the place behind them in the profile.
resource "zia_ssl_inspection_rules" "bypass_inspection" {
  name        = "{{ rule.name }}"
  description = "{{ description }}"
  state       = "{{ state }}"
  order       = {{ ssl_inspection_order }}
  rank        = 7
  url_categories = [
{%- for category in rule.categories %}
    {{ category }},
{%- endfor %}
  ]

  action {
    type = "DO_NOT_DECRYPT"
    do_not_decrypt_sub_actions {
      bypass_other_policies                 = false
      server_certificates                   = "BLOCK"
      min_tls_version                       = "SERVER_TLS_1_2"
      ocsp_check                            = true
      block_ssl_traffic_with_no_sni_enabled = true
    }
  }
}
{% else %}
resource "zia_url_filtering_rules" "allow" {
  name        = "{{ rule.name }}"
  description = "{{ description }}"
  state       = "{{ state }}"
  action      = "ALLOW"
  order       = {{ url_filtering_order }}
  rank        = 7
  protocols   = ["ANY_RULE"]
  url_categories = [
{%- for category in rule.categories %}
    {{ category }},
{%- endfor %}
  ]
}
{% endif %}
{%- endfor %}
{%- if !exempted.is_empty() %}
# The provider makes the tenant's one list what is said here, and removes everything else from it. So name what is
# exempted today and is to stay: data.zia_auth_settings_urls has it.
variable "other_exempted_urls" {
  type        = list(string)
  description = "URLs that are exempted from authentication today and are to stay so"
}

# Exempt from authentication, and by Zscaler's own rule from inspection as well.
resource "zia_auth_settings_urls" "bypass_authentication" {
  urls = concat(var.other_exempted_urls, [
{%- for url in exempted %}
    "{{ url }}",
{%- endfor %}
  ])
}
{% endif %}
