-- A batch is always a compact part, all columns in one file: a wide one of the same rows has five times the files, each put
-- on the disk by itself before the insert is answered. Merges make wide parts of them.
ALTER TABLE logs MODIFY SETTING min_bytes_for_wide_part = 33554432;
