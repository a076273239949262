SELECT toString(content) FROM pulse_facts.gateway_keys FINAL WHERE key = {key:String}
