{% for line in header %}# {{ line }}
{% endfor %}
terraform {
  required_providers {
    panos = {
      source  = "PaloAltoNetworks/panos"
      version = ">= 2.0.11, < 3.0.0"
    }
  }
}
{% for group in groups %}
# Where the {{ group.rulebase }} rules go. The first rule that matches decides: at the end of the policy, the
# default, they come after every rule that is there today.
variable "{{ group.rulebase }}_position" {
  type = object({
    where    = string
    pivot    = optional(string)
    directly = optional(bool)
  })
  default = { where = "last" }
}
{% endfor %}
{%- for service in services %}
resource "panos_service" "{{ service.label }}" {
  location    = { vsys = { name = "vsys1" } }
  name        = "{{ service.name }}"
  description = "{{ description }}"
  protocol    = { tcp = { destination_port = "{{ service.ports }}" } }
}
{% endfor %}
{%- for list in lists %}
{%- if let Some(url) = list.url %}
# The provider has no external dynamic list of one virtual system.
resource "panos_external_dynamic_list" "{{ list.label }}" {
  location = { shared = {} }
  name     = "{{ list.name }}"
  type = {
    {{ list.kind }} = {
      description = "{{ description }}"
      url         = "{{ url }}"
      recurring   = { hourly = {} }
    }
  }
}
{% else %}
resource "panos_custom_url_category" "{{ list.label }}" {
  location    = { vsys = { name = "vsys1" } }
  name        = "{{ list.name }}"
  description = "{{ description }}"
  type        = "URL List"
  list = [
    {%- for line in list.lines %}
    "{{ line }}",
    {%- endfor %}
  ]
}
{% endif %}
{%- endfor %}
{%- for group in groups %}
resource "panos_{{ group.rulebase }}_policy_rules" "thruway" {
  location = { vsys = { name = "vsys1" } }
  position = var.{{ group.rulebase }}_position
  rules = [
    {%- for rule in group.rules %}
    {
      name                  = "{{ rule.name }}"
      description           = "{{ description }}"
      source_zones          = [{% for value in rule.from %}"{{ value }}"{% if !loop.last %}, {% endif %}{% endfor %}]
      destination_zones     = [{% for value in rule.to %}"{{ value }}"{% if !loop.last %}, {% endif %}{% endfor %}]
      source_addresses      = [{% for value in rule.source %}"{{ value }}"{% if !loop.last %}, {% endif %}{% endfor %}]
      {%- match rule.destination %}
      {%- when Destination::Reference with (reference) %}
      destination_addresses = [{{ reference }}]
      {%- when Destination::Texts with (texts) %}
      destination_addresses = [{% for value in texts %}"{{ value }}"{% if !loop.last %}, {% endif %}{% endfor %}]
      {%- endmatch %}
      services              = [{{ rule.service }}]
      category              = [{% if let Some(reference) = rule.category %}{{ reference }}{% else %}"any"{% endif %}]
      {%- match group.kind %}
      {%- when Rulebase::Security %}
      applications          = ["any"]
      action                = "allow"
      {%- when Rulebase::Decryption %}
      action                = "no-decrypt"
      type                  = { ssl_forward_proxy = {} }
      {%- when Rulebase::Authentication %}
      authentication_enforcement = "default-no-captive-portal"
      {%- endmatch %}
    },
    {%- endfor %}
  ]
}
{% endfor %}
