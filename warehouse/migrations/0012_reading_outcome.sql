-- How far the reading of a file got, and what was read of it; null in what was received before.

alter table ops.submission
add column reached text check (reached in ('preflight', 'opened', 'table_searched')),
add column sheets_read integer,
add column cells_read integer;
comment on column ops.submission.reached is 'Refused before it was parsed, opened by the parser, or searched for a return.';
comment on column ops.submission.cells_read is 'Cells that are not blank, in all its sheets.';
