-- Money of each area by programme (00 = all) and fund source.
{{ fund_mart("source", "fund_source_code") }}
