"""Words of an answer, in both languages: states of a return, severities, and what to do."""

from __future__ import annotations

from typing import Final

STATES: Final = {
    "accepted": ("已接收", "accepted"),
    "accepted_with_warnings": ("已接收，有需要说明的问题", "accepted with warnings"),
    "superseded": ("已存档，未采用（已有更新的报表）", "kept, not used: a newer return counts"),
    "withdrawn": ("已撤回", "withdrawn"),
    "rejected": ("退回修改", "returned for correction"),
    "unreadable": ("无法读取", "unreadable"),
}
SEVERITIES: Final = {
    "error": ("必须修改", "error"),
    "warning": ("请核实说明", "warning"),
    "info": ("提示", "note"),
}
EXPLAINED: Final = ("已说明", "explained")
TO_DO: Final = {
    "error": (
        "改正该处，报送版本加1后重新报送。",
        "Correct it, raise the version by 1 and send the return again.",
    ),
    "warning": (
        "核对。填错的改正；属实的在“说明”栏写明原因，把本工作簿发回。",
        "Check it. Correct what is wrong; where it is right, give the reason in the last column"
        " and send this workbook back.",
    ),
    "info": ("不需处理。", "Nothing is to be done."),
    "explained": ("已说明，不需再处理。", "Explained; nothing more is to be done."),
}
HOW_TO: Final = (
    "怎么办：红色单元格必须改正，把报送版本加1，重新报送本工作簿。黄色单元格请核实：填错的同样改正；"
    "属实的，在本页“说明”栏写明原因，把本工作簿发回即可，报送版本不变。每格的问题见批注。",
    "What to do: correct the red cells, raise the version by 1 and send this workbook. Check the"
    " yellow ones: where the figure is right, write the reason into the last column of this sheet"
    " and send this workbook back with its version as it is. Each marked cell has a note.",
)
NOTHING_FOUND: Final = ("没有发现问题。", "Nothing was found.")
