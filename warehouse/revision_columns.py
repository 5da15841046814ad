"""What the columns of the views of revisions mean, Chinese first."""

_KIND = (
    "added (no value before), removed (none any more), reflagged (another obs_status) or revised."
)
_HORIZON = "first_to_second or first_to_latest publication of a month."
STATISTICS = {
    "table_name": "表 The published view.",
    "area_level": "级别 Level of the areas; sums of one level count every line once.",
    "measure": "指标 The column of that view; numbers with a unit only.",
    "horizon": f"跨度 {_HORIZON}",
    "n": "数值个数 Values present in both publications, unchanged ones included.",
    "n_revised": "修订个数 Of these, the values that differ.",
    "mr": "平均修订 Mean revision: sum of R / n, R = later - earlier.",
    "mar": "平均绝对修订 Mean absolute revision: sum of |R| / n.",
    "rmar": "相对平均绝对修订 Relative mean absolute revision: sum of |R| / sum of |later|; null"
    " where that is 0.",
    "maxar": "最大绝对修订 Largest |R|.",
    "sum_revision": "修订合计 Sum of R, so that means of other groups can be made.",
    "sum_absolute_revision": "绝对修订合计 Sum of |R|.",
    "sum_absolute_later": "后值绝对合计 Sum of |later| over the same n values.",
}
REVISED_CELL = {
    "stat_month": "报告月份 Reporting month, as its first day.",
    "area_code": "区划代码 Area, 12 digits.",
    "area_level": "级别 province, prefecture, county, township or village.",
    "area_name_zh": "区划名称 Name of the area in Chinese.",
    "obs_status": "观测状态 Status of the row in the later publication, of the earlier one where it"
    " left.",
    "publication_id": "发布 The later publication.",
    "release_id": "发布批次 The release that brought it into force.",
    "table_name": "表 The published view in which the value stands.",
    "row_key": "行关键字 The key of the row beside the month, as json.",
    "row_is_total": "合计行 Whether it is a total row of that view.",
    "measure": "指标 The column of that view.",
    "kind": f"修订类型 {_KIND}",
    "earlier": "修订前 The value before, as text; null where there was none.",
    "later": "修订后 The value after, as text; null where there is none.",
    "revision": "修订额 R = later - earlier; null unless both are numbers.",
    "earlier_status": "修订前状态 Status of the row before.",
    "later_status": "修订后状态 Status of the row after.",
    "earlier_publication_id": "修订前发布 The publication before.",
}
