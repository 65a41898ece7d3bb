"""What registries call our columns and values, in English and Japanese: for a draft that somebody reviews."""

from __future__ import annotations

import re
import unicodedata

from alsreg.clinical.cutting import WITH, WITHOUT
from alsreg.tables.registry import ITEMS

_ITEM_NAMES = {
    "speech": "言語 発語 会話",
    "salivation": "唾液分泌 唾液 流涎",
    "swallowing": "嚥下",
    "handwriting": "書字 writing",
    "cutting": "食事動作 摂食動作 食事用具の使い方 食事 cuttingfood cuttingfoodandhandlingutensils",
    "dressing": "着衣身の回り 着衣 着衣身の回りの動作 更衣と身の回りの動作 更衣 dressingandhygiene dressinghygiene",
    "turning_in_bed": "寝床での動作 寝返り turninginbed turning bed",
    "walking": "歩行",
    "climbing_stairs": "階段昇降 階段 階段をのぼる 階段を登る climbingstairs stairs",
    "dyspnea": "呼吸困難 dyspnoea",
    "orthopnea": "起坐呼吸 起座呼吸 orthopnoea",
    "respiratory_insufficiency": "呼吸不全 respiratoryinsufficiency",
}
_NUMBERED = ("q", "item", "問", "項目", "alsfrsr", "alsfrs", "alsfrsrq", "alsfrsq", "alsfrsritem", "alsfrsitem")

_PERSON = (
    "person personid patient patientid patientno patientnumber recordid record subject subjectid usubjid id "
    "症例番号 症例id 患者番号 患者id 登録番号 被験者番号 識別番号 研究番号"
)

# Table: our column: headers, in the form of `plain`.
COLUMNS: dict[str, dict[str, set[str]]] = {
    table: {column: set(words.split()) | {column.replace("_", "")} for column, words in columns.items()}
    for table, columns in {
        "patients": {
            "person": _PERSON,
            "site": "hospital centre center institution facility 施設 施設名 病院 病院名 医療機関 医療機関名",
            "sex": "gender 性別 性",
            "birth_date": "dob birthday dateofbirth birth 生年月日 誕生日",
            "onset_date": "dateofonset onset symptomonset symptomonsetdate 発症日 発症年月日 発症年月 発症時期",
            "diagnosis_date": "dateofdiagnosis diagnosed 診断日 診断年月日 診断年月 確定診断日",
            "registration_date": "dateofregistration enrolmentdate enrollmentdate registered inclusiondate consentdate "
            "登録日 登録年月日 登録年月 同意取得日",
            "onset_region": "regionofonset siteofonset onsetsite 初発部位 発症部位",
            "el_escorial": "elescorialcategory diagnosticcategory category 診断区分 elescorial診断区分 診断グレード",
            "family_history": "familial fh 家族歴",
            "reported_ancestry": "ancestry race ethnicity 人種 民族",
        },
        "visits": {
            "person": _PERSON,
            "visit_date": "visit date dateofvisit assessmentdate examdate alsfrsdate 調査日 評価日 受診日 来院日 診察日 測定日 日付",
            **_ITEM_NAMES,
            WITHOUT: "5a alsfrsr5a alsfrs5a 食事動作a 食事動作胃瘻なし cuttingwithoutgastrostomy",
            WITH: "5b alsfrsr5b alsfrs5b 食事動作b 食事動作胃瘻あり cuttingwithgastrostomy",
            "total": "alsfrsrtotal alsfrstotal totalscore 合計 合計点 総得点 総点",
            "has_gastrostomy": "gastrostomy peg 胃瘻 胃ろう 胃瘻の有無",
        },
        "events": {
            "person": _PERSON,
            "event": "eventtype eventname eventcode kind イベント イベント名 事象 転帰",
            "event_date": "date dateofevent イベント日 日付 発生日 年月日",
        },
        "samples": {
            "person": _PERSON,
            "sample": "sampleid sampleno iid 検体番号 検体id サンプルid サンプル番号",
            "assay": "platform 解析種別 測定法 アッセイ",
            "platform_version": "chip chipversion arrayversion",
            "capture_kit": "kit exomekit",
            "centre": "center sequencingcentre sequencingcenter 解析施設",
            "dna_date": "dnadate samplingdate dateofsampling 採血日 検体採取日",
        },
        "pedigree": {
            "person": f"child {_PERSON}",
            "father": "fatherid paternalid pat 父",
            "mother": "motherid maternalid mat 母",
        },
    }.items()
}  # fmt: skip
for _number, _item in enumerate(ITEMS, 1):
    COLUMNS["visits"][_item] |= {f"{word}{digits}" for word in _NUMBERED for digits in (_number, f"{_number:02d}")}
    COLUMNS["visits"][_item] |= {f"{word}{_number}{_item.replace('_', '')}" for word in _NUMBERED}
for _form, _column in (("a", WITHOUT), ("b", WITH)):
    COLUMNS["visits"][_column] |= {f"{word}{digits}{_form}" for word in _NUMBERED for digits in ("5", "05")}

# Events that some registries keep as columns with the date.
EVENT_COLUMNS = {
    "death": {"deathdate", "dateofdeath", "dod", "死亡日", "死亡年月日"},
    "tracheostomy": {"tracheostomydate", "dateoftracheostomy", "気管切開日", "気管切開年月日"},
    "niv_23h": {"niv23hdate", "permanentventilationdate"},
    "niv": {"nivdate", "nppvdate", "nppv開始日", "niv開始日"},
    "gastrostomy": {"gastrostomydate", "pegdate", "胃瘻造設日", "胃ろう造設日"},
    "last_contact": {"lastcontactdate", "lastcontact", "lastseen", "dateoflastcontact", "最終確認日", "最終生存確認日", "最終受診日"},
}  # fmt: skip

_FLAGS = {"1": "有 有り あり はい yes y true", "0": "無 無し なし いいえ no n false"}
# Our column: our value: the file's values, in the form of `plain`. Bare numbers are never guessed.
VALUES: dict[str, dict[str, set[str]]] = {
    column: {ours: set(words.split()) | {ours.lower().replace("_", "")} for ours, words in values.items()}
    for column, values in {
        "sex": {"M": "male man 男 男性 おとこ", "F": "female woman 女 女性 おんな"},
        "onset_region": {
            "bulbar": "球麻痺 球 球症状 球型",
            "upper_limb": "upperlimb arm arms upperextremity 上肢",
            "lower_limb": "lowerlimb leg legs lowerextremity 下肢",
            "respiratory": "breathing 呼吸 呼吸筋 呼吸障害",
            "generalised": "generalized 全身 全身型",
            "other": "その他",
        },
        "event": {
            "death": "died dead deceased 死亡",
            "tracheostomy": "tracheotomy trach tppv 気管切開 気切",
            "niv_23h": "niv23h niv>=23h niv23時間以上 nppv23時間以上 終日nppv",
            "niv": "nppv niv開始 nppv開始 非侵襲的換気",
            "gastrostomy": "peg 胃瘻 胃ろう 胃瘻造設",
            "last_contact": "lastcontact alive followup 最終確認 最終生存確認 最終受診 生存",
        },
        "family_history": _FLAGS,
        "has_gastrostomy": _FLAGS,
    }.items()
}  # fmt: skip


def plain(text: str) -> str:
    """Lower-case, half-width Latin and full-width kana letters without white space, points and dashes."""
    return re.sub(r"[\s_\-./・:：、,]", "", unicodedata.normalize("NFKC", text).casefold())


def without_note(text: str) -> str:
    """`plain` without a remark in brackets, as in 生年月日（西暦）."""
    return plain(re.sub(r"[(\[].*?[)\]]", "", unicodedata.normalize("NFKC", text)))
