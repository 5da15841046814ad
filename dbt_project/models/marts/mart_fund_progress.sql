-- Money of each area by programme (00 = all) and group of fund sources (and all of them).
{{ fund_mart("group", "source_group") }}
