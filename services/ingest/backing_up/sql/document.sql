SELECT document FROM pulse_release.releases FINAL WHERE wave_id = {wave:String}
