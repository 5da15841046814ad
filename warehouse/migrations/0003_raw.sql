-- What a form table's typed columns cannot hold: cells that are no plain values, the place of
-- each column in the file, and the head of the return. The form tables themselves are generated.

create table raw.cell_mark (
    submission_id bigint not null references ops.submission,
    table_name text not null,
    sheet text not null,
    row_no integer not null,
    column_name text not null,
    status char(1) not null check (status in ('E', 'U', 'L', 'M', 'O')),
    text text,
    reason text,
    primary key (submission_id, table_name, sheet, row_no, column_name)
);
comment on table raw.cell_mark is
'Cells with an observation status: E estimated, U low reliability, L not collected, M cannot exist, O missing.';
comment on column raw.cell_mark.text is 'The cell as written.';
comment on column raw.cell_mark.reason is 'The reason written beside the mark.';

create table raw.column_position (
    submission_id bigint not null references ops.submission,
    table_name text not null,
    sheet text not null,
    column_name text not null,
    column_letter text not null,
    heading text not null,
    unit text,
    factor numeric not null default 1,
    primary key (submission_id, table_name, sheet, column_name)
);
comment on table raw.column_position is
'Where a column stood in the file: column_letter || row_no is the address of a cell.';
comment on column raw.column_position.factor is
'What the written figure was multiplied with to reach the base unit.';

create table raw.head_value (
    submission_id bigint not null references ops.submission,
    sheet text not null,
    cell text not null,
    field text not null,
    text text,
    primary key (submission_id, sheet, field)
);
comment on table raw.head_value is 'The head of a return as written.';
