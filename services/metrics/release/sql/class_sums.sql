SELECT class_id, item_id, answers, total, squares
FROM pulse_ballots.class_sums FINAL
WHERE wave_id = {wave:String}
