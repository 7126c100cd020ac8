"""What columns of tables of labour are called in Chinese."""

from __future__ import annotations

from typing import Final

HEADS_ZH: Final = {
    "地区": "region", "行业": "industry", "职业": "occupation", "时期": "period", "数值": "value", "单位": "unit",
    "方向": "direction", "来源": "source", "发布日": "released", "人员": "person", "开始": "start", "结束": "end",
    "岗位名称": "title", "月份": "month", "正文": "text", "渠道": "channel", "暴露度": "exposure", "年份": "year",
    "相邻地区": "neighbour", "技能": "skill", "招聘数": "postings", "人数": "persons",
    "岗位数": "jobs", "就业地": "destination", "来源地": "origin",
    "比例": "share", "标准误": "standard_error", "下限": "low", "用途": "purpose", "最可能值": "likely", "上限": "high",
}  # fmt: skip
"""Columns by their name in Chinese."""
