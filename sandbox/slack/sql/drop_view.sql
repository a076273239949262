DELETE FROM view WHERE id = ?;
