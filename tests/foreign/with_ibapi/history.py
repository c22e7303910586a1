"""The past: bars of every size, kept up to date, how far data goes back, ticks, histograms."""

import time

from steps import GATEWAY_BEGAN, check, equal, sane_bar, step
from .desk import contract, desk

# Each with a duration that gives a few bars, and the seconds between them (None: by the calendar).
SIZES = {
    "1 secs": ("60 S", 1), "5 secs": ("60 S", 5), "10 secs": ("120 S", 10), "15 secs": ("120 S", 15),
    "30 secs": ("300 S", 30), "1 min": ("1800 S", 60), "2 mins": ("1800 S", 120), "3 mins": ("1800 S", 180),
    "5 mins": ("3600 S", 300), "10 mins": ("3600 S", 600), "15 mins": ("7200 S", 900), "20 mins": ("7200 S", 1200),
    "30 mins": ("14400 S", 1800), "1 hour": ("1 D", 3600), "2 hours": ("1 D", 7200), "3 hours": ("1 D", 10800),
    "4 hours": ("2 D", 14400), "8 hours": ("2 D", 28800), "1 day": ("1 M", None), "1W": ("6 M", None),
    "1M": ("1 Y", None),
}


def history(host, port, _gateway):
    with desk(host, port) as client:
        for size in SIZES:
            with step(f"historical bars: {size}"):
                one_size(client, size)
        with step("historical bars: bid, ask, midpoint, both"):
            every_price(client)
        with step("historical bars: a currency pair, dates as text"):
            pair = bars(client, contract("EUR", "CASH", "IDEALPRO"), "1 D", "1 hour", "MIDPOINT", format_date=1)
            check(len(pair) >= 23 and len(pair[0].date.split()) >= 2, f"{len(pair)} bars, the first at {pair[0].date}")
        with step("historical bars: what cannot be had"):
            refusals(client)
        with step("head timestamp"):
            head_timestamp(client)
        with step("histogram"):
            request = client.request()
            client.reqHistogramData(request, contract("AAPL"), False, "3 days")
            _, rows = client.until("histogramData")
            check(len(rows) > 10 and all(row.price > 0 and row.count > 0 for row in rows), f"{len(rows)} rows")
        # reqHistoricalSchedule came with server version 165, after this client.
        ticks(client)
        with step("historical bars: kept up to date"):
            kept_up_to_date(client)


def bars(client, wanted, duration, size, what="TRADES", end="", format_date=2):
    request = client.request()
    ask = lambda: client.reqHistoricalData(request, wanted, end, duration, size, what, 0, format_date, False, [])
    rows = client.rows(ask, "historicalData", "historicalDataEnd", lambda id, *_: id == request)
    return [bar for _, bar in rows]


def sane(found):
    return all(sane_bar(bar.low, bar.high, bar.open, bar.close) for bar in found)


def one_size(client, size):
    duration, seconds = SIZES[size]
    found = bars(client, contract("AAPL"), duration, size)
    check(len(found) >= 3 and sane(found), f"{len(found)} bars")
    check(all(bar.volume > 0 and bar.barCount > 0 and bar.low <= bar.average <= bar.high for bar in found), "volumes")
    times = [int(bar.date) for bar in found]
    equal(times, sorted(set(times)), "times in order")
    if seconds is None:
        check(all(len(bar.date) == 8 for bar in found), f"dates {found[0].date}")
    else:
        steps = {later - earlier for earlier, later in zip(times, times[1:])}
        # Bars of hours begin anew at midnight, so the last of a day may be short.
        check(steps == {seconds} or (seconds > 3600 and min(steps) <= seconds), f"steps {steps}")


def every_price(client):
    end = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime(GATEWAY_BEGAN // 300 * 300 - 600))
    found = {what: bars(client, contract("AAPL"), "1800 S", "5 mins", what, end)
             for what in ("BID", "ASK", "MIDPOINT", "BID_ASK", "TRADES")}
    for what, rows in found.items():
        check(len(rows) == 6 and sane(rows), f"{what}: {len(rows)} bars")
        check(all((bar.volume > 0) == (what == "TRADES") for bar in rows), f"{what}: volumes")
    for bid, ask, middle in zip(found["BID"], found["ASK"], found["MIDPOINT"]):
        check(bid.open < middle.open < ask.open, f"{bid} {middle} {ask}")


def refusals(client):
    for wanted, size, what, code in (
        (contract("NOSUCHTHING"), "1 hour", "TRADES", 200),
        (contract("AAPL"), "7 mins", "TRADES", 321),
        (contract("AAPL"), "1 hour", "NONSENSE", 321),
        (contract("EUR", "CASH", "IDEALPRO"), "1 hour", "TRADES", 162),
    ):
        request = client.request()
        client.reqHistoricalData(request, wanted, "", "1 D", size, what, 0, 2, False, [])
        client.refused(request, code)
    client.cancelHistoricalData(request)
    client.refused(request, 366)


def head_timestamp(client):
    request = client.request()
    client.reqHeadTimeStamp(request, contract("AAPL"), "TRADES", 0, 2)
    _, head = client.until("headTimestamp")
    check(0 < int(head) < 946_684_800, f"head {head} is not before 2000")
    client.reqHeadTimeStamp(request, contract("AAPL"), "TRADES", 0, 1)
    _, head = client.until("headTimestamp")
    check(head.startswith("19") and head[8] == "-", f"head {head}")
    client.cancelHeadTimeStamp(request)
    client.reqHeadTimeStamp(request, contract("NOSUCHTHING"), "TRADES", 0, 2)
    client.refused(request, 200)


def ticks(client):
    start = GATEWAY_BEGAN - 3600
    text = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime(start))
    for what, callback in (("TRADES", "historicalTicksLast"), ("BID_ASK", "historicalTicksBidAsk"),
                           ("MIDPOINT", "historicalTicks")):
        with step(f"historical ticks: {what}"):
            request = client.request()
            client.reqHistoricalTicks(request, contract("AAPL"), text, "", 50, what, 0, False, [])
            _, found, done = client.until(callback)
            check(50 <= len(found) < 100 and done, f"{len(found)} ticks")
            times = [tick.time for tick in found]
            check(times == sorted(times) and times[0] >= start, f"from {times[0]}, asked from {start}")
            if what == "TRADES":
                check(all(tick.price > 0 and tick.size > 0 and tick.exchange for tick in found), f"{found[0]}")
            elif what == "BID_ASK":
                check(all(0 < tick.priceBid < tick.priceAsk for tick in found), f"{found[0]}")
            else:
                check(all(tick.price > 0 for tick in found), f"{found[0]}")
            client.reqHistoricalTicks(request, contract("AAPL"), "", text, 50, what, 0, False, [])
            _, back, _ = client.until(callback)
            check(50 <= len(back) < 100 and back[-1].time <= start, f"{len(back)} ticks up to {back[-1].time}")


def kept_up_to_date(client):
    request = client.request()
    ask = lambda: client.reqHistoricalData(request, contract("AAPL"), "", "300 S", "5 secs", "TRADES", 0, 2, True, [])
    found = [bar for _, bar in client.rows(ask, "historicalData", "historicalDataEnd")]
    last = int(found[-1].date)
    for later in (5, 10):
        match = lambda id, bar: id == request and int(bar.date) == last + later
        _, bar = client.until("historicalDataUpdate", match=match, what=f"the bar of {later} s later")
        check(sane([bar]), f"{bar}")
    client.cancelHistoricalData(request)
    client.refused(request, 162)
