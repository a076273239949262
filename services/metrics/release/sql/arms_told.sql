-- Of which waves the arms of which announcement stand in a document already; rows of a release that was cut off do not count.
SELECT DISTINCT announcement, of_wave
FROM pulse_release.arms
WHERE announcement != '' AND wave_id IN (SELECT wave_id FROM pulse_release.releases)
    AND of_wave IN (SELECT wave_id FROM pulse_facts.waves WHERE campaign_id = {campaign:String})
