"""A filled return reads back as it was written, in every format and encoding."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from ingest.forms.catalogue import load_form
from ingest.generate.layout import Row, sheet_of
from ingest.generate.workbook import write_return_csv, write_return_xlsx
from warehouse.errors import UsageError

FORM = load_form("FP-02")
HEAD = {"form_code": "FP-02", "edition": "2009", "report_month": "200911", "money_unit": "元"}
ROWS: list[Row] = [
    {
        "place_code": "530700000000",
        "row_kind": "2",
        "fund_source": "12",
        "programme": "03",
        "amount_issued_y": Decimal("2225000.50"),
        "amount_inplace_y": "未收集(文中未列)",
        "amount_paid_y": "2225000(估)",
        "issue_date": date(2009, 3, 1),
        "units": 7,
    },
    {"place_code": "530700000000", "fund_doc_no": '=HYPERLINK("x")', "amount_issued_m": -5},
]


def read_xlsx(path: Path) -> list[list[object]]:
    workbook = CalamineWorkbook.from_path(str(path))
    return workbook.get_sheet_by_name("FP-02").to_python(skip_empty_area=False)


def rows_by_name(cells: list[list[object]]) -> list[dict[str, object]]:
    sheet = sheet_of(FORM, FORM.tables[0], HEAD)
    names = [column.name for column in sheet.columns]
    return [
        {name: cell for name, cell in zip(names, row, strict=True) if cell != ""}
        for row in cells[sheet.first_data_row - 1 :]
    ]


def test_xlsx_keeps_text_as_text_and_numbers_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "return.xlsx"
    write_return_xlsx(path, FORM, HEAD, ROWS)
    first, second = rows_by_name(read_xlsx(path))
    assert first == {
        "place_code": "530700000000",
        "row_kind": "2",
        "fund_source": "12",
        "programme": "03",
        "amount_issued_y": 2225000.5,
        "amount_inplace_y": "未收集(文中未列)",
        "amount_paid_y": "2225000(估)",
        "issue_date": date(2009, 3, 1),
        "units": 7.0,
    }
    assert second["fund_doc_no"] == '=HYPERLINK("x")'
    assert second["amount_issued_m"] == -5.0


def test_sub_tables_stand_on_their_own_sheets(tmp_path: Path) -> None:
    path = tmp_path / "return.xlsx"
    claims: list[Row] = [{"claim_no": "2009-1", "amount_claimed": 5}, {"claim_no": "2009-2"}]
    write_return_xlsx(path, FORM, HEAD, ROWS, sub_tables={"fp02b": claims})
    workbook = CalamineWorkbook.from_path(str(path))
    assert workbook.sheet_names == ["FP-02", "FP-02b", "_tmw"]
    cells = workbook.get_sheet_by_name("FP-02b").to_python(skip_empty_area=False)
    assert cells[0][0] == "报账申请（FP-02附表） FP-02b"
    headings = [str(cell).split("\n")[0] for cell in cells[2]]
    assert headings == [f"{c.zh}({c.unit})" if c.unit else c.zh for c in FORM.tables[1].columns]
    rows = [dict(zip(headings, row, strict=True)) for row in cells[3:]]
    assert [row["报账申请号"] for row in rows] == ["2009-1", "2009-2"]
    assert [row["申请金额(元)"] for row in rows] == [5.0, ""]
    with pytest.raises(UsageError, match="fp99"):
        write_return_xlsx(path, FORM, HEAD, ROWS, sub_tables={"fp99": []})
    with pytest.raises(UsageError, match="place_code"):
        write_return_xlsx(path, FORM, HEAD, ROWS, sub_tables={"fp02b": [{"place_code": "x"}]})


def test_equal_input_gives_equal_bytes_and_compression_the_same_cells(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.xlsx" for name in ("a", "b", "small")]
    for path in paths[:2]:
        write_return_xlsx(path, FORM, HEAD, ROWS)
    write_return_xlsx(paths[2], FORM, HEAD, ROWS, compress=True)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[2].stat().st_size < paths[0].stat().st_size / 3
    assert read_xlsx(paths[2]) == read_xlsx(paths[0])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_has_the_same_layout_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "return.csv"
    write_return_csv(path, FORM, HEAD, ROWS, encoding)
    with path.open(encoding=encoding, newline="") as stream:
        cells: list[list[object]] = [*map(list, csv.reader(stream))]
    assert cells[0] == ["各类扶贫资金投入及财政扶贫资金监测月报 FP-02"]
    assert cells[1] == ["表号 Form code", "FP-02"]
    first, second = rows_by_name(cells)
    assert first["amount_issued_y"] == "2225000.50"
    assert first["programme"] == "03"
    assert first["issue_date"] == "2009-03-01"
    assert second["fund_doc_no"] == '\'=HYPERLINK("x")', "a spreadsheet must not run it"
    assert second["amount_issued_m"] == "-5"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")


def test_headings_of_money_follow_the_unit_of_the_head(tmp_path: Path) -> None:
    path = tmp_path / "return.csv"
    write_return_csv(path, FORM, {**HEAD, "money_unit": "万元"}, [])
    text = path.read_text(encoding="utf-8")
    assert "本年累计下达资金(万元)" in text
    assert "本年累计投工(工日)" in text
    assert "(元)" not in text


def test_a_name_the_form_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="amount_isued_y"):
        write_return_xlsx(tmp_path / "r.xlsx", FORM, HEAD, [{"amount_isued_y": 1}])
    with pytest.raises(UsageError, match="month"):
        write_return_csv(tmp_path / "r.csv", FORM, {"month": "200911"}, [])
