"""What the intake asks of AWS for each kind of news, whatever is in the table already."""

from ops.bench.intake import calls_by_path


def test_the_intake_makes_the_same_few_calls_however_many_orders_there_are() -> None:
    few, many = calls_by_path(1), calls_by_path(400)

    assert few == many
    assert few["new"] == {"PutItem": 1, "CreateSchedule": 1}
    assert few["the same again"] == {"PutItem": 1, "CreateSchedule": 1}
    assert few["cancelled before it shipped"] == {"PutItem": 1}


def test_news_that_needs_no_work_costs_no_call() -> None:
    calls = calls_by_path(1)

    assert not calls["not shipped"]
    assert not calls["of another type"]
