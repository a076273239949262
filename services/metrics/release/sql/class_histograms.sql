SELECT class_id, item_id, answers, unsaid
FROM pulse_ballots.class_histograms FINAL
WHERE wave_id = {wave:String}
