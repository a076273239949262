"""Alert rules: what somebody should look at, each with what to do. Written to file, and read by the contract test."""

from typing import Any, Final

from grafana.infinity import PERIOD, Column, Query, series, time
from grafana.names import LEADERSHIP_FOLDER, METRICS_UID, OPERATIONS_FOLDER, PROMETHEUS, PROMETHEUS_UID

_DAY: Final = 86_400
_NEWEST: Final = 21 * _DAY
"""Seconds in which the newest round lies: rounds are two weeks apart, and a week passes until a release is missed."""


def leadership() -> list[dict[str, Any]]:
    """Rules on published numbers; they look at the newest round, and are silent where it is hidden."""
    return [
        _rule(
            uid="draagvlak-resistance-up",
            title="Resistance is clearly up",
            summary="The whole interval of the change since the round before lies above 0.",
            summary_nl="De weerstand is duidelijk hoger dan de vorige ronde. Lees de redenen en de opmerkingen; vraag "
            "eerst, doe dan pas iets.",
            action="Open the leadership dashboard; read the reasons and the comments; ask before acting.",
            asked=_published(
                series(
                    "/trends",
                    time(),
                    Column("change_low", "change at least"),
                    measure="resistance",
                    team="organisation",
                    **PERIOD,
                )
            ),
            line=("gt", 0),
            for_="0s",
            severity="notice",
        ),
        _rule(
            uid="draagvlak-response-low",
            title="Fewer than 30 % answered",
            summary="The band of response of the newest round begins below 30 %.",
            summary_nl="Minder dan 30 % antwoordde in de nieuwste ronde. Vergelijk geen teams. Vraag wat mensen "
            "tegenhoudt; zet niemand onder druk.",
            action="Compare no teams in this round. Ask what keeps people from answering; do not press anyone.",
            asked=_published(
                series(
                    "/participation",
                    time(),
                    Column("response_from", "response from"),
                    team="organisation",
                    **PERIOD,
                )
            ),
            line=("lt", 30),
            for_="0s",
            severity="notice",
        ),
    ]


def operations() -> list[dict[str, Any]]:
    """Rules on the counters of our services."""
    return [
        _rule(
            uid="draagvlak-wave-overdue",
            title="A round is overdue",
            summary="A closed round has not been released for 15 minutes.",
            summary_nl="Een gesloten ronde is na een kwartier nog niet vrijgegeven. Het log van `draagvlak release "
            "watch` noemt de ronde en waar die op wacht.",
            action="Read the log of `draagvlak release watch`: it names the round and what it waits for.",
            asked=_counted("max(draagvlak_metrics_waves_closed)"),
            line=("gt", 0),
            for_="15m",
            severity="page",
        ),
        _rule(
            uid="draagvlak-dead-letters",
            title="Dead letters",
            summary="Records were put aside in the last hour.",
            summary_nl="Het afgelopen uur zijn onleesbare records apart gelegd. Bekijk ze met `draagvlak dead-letters "
            "list`, en herstel wat ze schreef.",
            action="`draagvlak dead-letters list`, and mend what wrote them.",
            asked=_counted("sum(increase(draagvlak_ingest_dead_letters_total[1h]))"),
            line=("gt", 0),
            for_="0s",
            severity="page",
        ),
        _rule(
            uid="draagvlak-lag",
            title="Answers wait in Kafka",
            summary="More than 10,000 records have not been read for 10 minutes.",
            summary_nl="Meer dan 10.000 records zijn al 10 minuten niet gelezen. Kijk of ingest draait en ClickHouse "
            "antwoordt; voeg dan pas replica's van ingest toe, hoogstens 12.",
            action="See whether ingest runs and ClickHouse answers; then add replicas of ingest, at most 12.",
            asked=_counted("sum(draagvlak_ingest_lag_records)"),
            line=("gt", 10_000),
            for_="10m",
            severity="page",
        ),
    ]


GROUPS: Final = {
    "Draagvlak": ("draagvlak", "15m", leadership, LEADERSHIP_FOLDER),
    "Draagvlak operations": ("draagvlak-operations", "1m", operations, OPERATIONS_FOLDER),
}
"""Title of the folder -> name of the group, how often it is evaluated, its rules, uid of the folder."""


def _rule(
    *,
    uid: str,
    title: str,
    summary: str,
    summary_nl: str,
    action: str,
    asked: dict[str, Any],
    line: tuple[str, float],
    for_: str,
    severity: str,
) -> dict[str, Any]:
    kind, value = line
    return {
        "uid": uid,
        "title": title,
        "condition": "C",
        "data": [
            asked,
            _expression("B", {"type": "reduce", "expression": "A", "reducer": "last"}),
            _expression(
                "C",
                {
                    "type": "threshold",
                    "expression": "B",
                    "conditions": [{"type": "query", "evaluator": {"type": kind, "params": [value]}}],
                },
            ),
        ],
        # What is hidden or was never counted is no reason to call anyone; a source that fails is.
        "noDataState": "OK",
        "execErrState": "Error",
        "for": for_,
        "annotations": {"summary": summary, "summary_nl": summary_nl, "description": action},
        "labels": {"service": "draagvlak", "severity": severity},
        "isPaused": False,
    }


def _published(asked: Query) -> dict[str, Any]:
    return {
        "refId": "A",
        "relativeTimeRange": {"from": _NEWEST, "to": 0},
        "datasourceUid": METRICS_UID,
        "model": asked.model("A"),
    }


def _counted(expression: str) -> dict[str, Any]:
    return {
        "refId": "A",
        "relativeTimeRange": {"from": 600, "to": 0},
        "datasourceUid": PROMETHEUS_UID,
        "model": {
            "refId": "A",
            "datasource": {"type": PROMETHEUS, "uid": PROMETHEUS_UID},
            "expr": expression,
            "instant": True,
            "range": False,
        },
    }


def _expression(ref_id: str, model: dict[str, Any]) -> dict[str, Any]:
    return {
        "refId": ref_id,
        "relativeTimeRange": {"from": 0, "to": 0},
        "datasourceUid": "__expr__",
        "model": {"refId": ref_id, "datasource": {"type": "__expr__", "uid": "__expr__"}, **model},
    }
