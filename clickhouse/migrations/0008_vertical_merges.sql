-- Merges of `logs` go column by column from the first one on: for its many columns that takes half the CPU of going row by
-- row, which is the default below 131,072 rows, just where the most frequent merges are.
ALTER TABLE logs MODIFY SETTING
  vertical_merge_algorithm_min_rows_to_activate = 1,
  vertical_merge_algorithm_min_bytes_to_activate = 0;
