"""The past: bars of every size, kept up to date, schedules, how far data goes back, ticks, histograms."""

from datetime import date, datetime, timedelta, timezone

from ib_async import Forex, Stock

from steps import GATEWAY_BEGAN, check, equal, sane_bar, step
from .desk import desk

# Each with a duration that gives a few bars, and the seconds between them (None: by the calendar).
SIZES = {
    "1 secs": ("60 S", 1), "5 secs": ("60 S", 5), "10 secs": ("120 S", 10), "15 secs": ("120 S", 15),
    "30 secs": ("300 S", 30), "1 min": ("1800 S", 60), "2 mins": ("1800 S", 120), "3 mins": ("1800 S", 180),
    "5 mins": ("3600 S", 300), "10 mins": ("3600 S", 600), "15 mins": ("7200 S", 900), "20 mins": ("7200 S", 1200),
    "30 mins": ("14400 S", 1800), "1 hour": ("1 D", 3600), "2 hours": ("1 D", 7200), "3 hours": ("1 D", 10800),
    "4 hours": ("2 D", 14400), "8 hours": ("2 D", 28800), "1 day": ("1 M", None), "1 week": ("6 M", None),
    "1 month": ("1 Y", None),
}


def sane(bars):
    return all(sane_bar(bar.low, bar.high, bar.open, bar.close) for bar in bars)


async def history(host, port, _gateway):
    async with desk(host, port) as client:
        contract = await client.stock()
        await every_size(client, contract)
        await every_price(client, contract)
        await refusals(client, contract)
        await schedule_and_head(client, contract)
        await ticks(client, contract)
        await kept_up_to_date(client, contract)


async def bars(client, contract, duration, size, what="TRADES", end="", **options):
    options = {"useRTH": False, "formatDate": 2, **options}
    asked = client.ib.reqHistoricalDataAsync(contract, end, duration, size, what, **options)
    return await client.answer(asked, f"{duration} of {size} {what}")


async def every_size(client, contract):
    for size, (duration, seconds) in SIZES.items():
        with step(f"historical bars: {size}"):
            found = await bars(client, contract, duration, size)
            check(len(found) >= 3 and sane(found), f"{len(found)} bars: {found[:3]}")
            check(all(bar.volume > 0 and bar.barCount > 0 and bar.low <= bar.average <= bar.high for bar in found),
                  f"volumes and averages of {found[:3]}")
            times = [bar.date for bar in found]
            equal(times, sorted(set(times)), "times in order")
            if seconds is None:
                check(all(type(it) is date for it in times), f"dates {times[:3]}")
                continue
            steps = {(later - earlier).total_seconds() for earlier, later in zip(times, times[1:])}
            # Bars of hours begin anew at midnight, so the last of a day may be short.
            check(steps == {seconds} or (seconds > 3600 and min(steps) <= seconds), f"steps {steps}")


async def every_price(client, contract):
    with step("historical bars: bid, ask, midpoint, both"):
        ago = datetime.fromtimestamp(GATEWAY_BEGAN, timezone.utc) - timedelta(minutes=10)
        end = ago.replace(minute=ago.minute // 5 * 5, second=0, microsecond=0)
        found = {what: await bars(client, contract, "1800 S", "5 mins", what, end)
                 for what in ("BID", "ASK", "MIDPOINT", "BID_ASK", "TRADES")}
        for what, rows in found.items():
            check(len(rows) == 6 and sane(rows), f"{what}: {len(rows)} bars")
            check(all((bar.volume > 0) == (what == "TRADES") for bar in rows), f"{what}: volumes of {rows}")
        for bid, ask, middle in zip(found["BID"], found["ASK"], found["MIDPOINT"]):
            check(bid.open < middle.open < ask.open, f"{bid} {middle} {ask}")
    with step("historical bars: a currency pair, dates as text"):
        [pair] = await client.answer(client.ib.qualifyContractsAsync(Forex("EURUSD")), "the pair")
        found = await bars(client, pair, "1 D", "1 hour", "MIDPOINT", formatDate=1)
        check(len(found) >= 23 and found[0].date.tzinfo is not None, f"{len(found)} bars: {found[:1]}")


async def refusals(client, contract):
    with step("historical bars: what cannot be had"):
        equal(list(await bars(client, Stock("NOSUCHTHING", "SMART", "USD"), "1 D", "1 hour")), [], "bars of nothing")
        client.refused(200)
        # ib_async takes 321 for a warning and goes on waiting, as it does with a Gateway.
        asked = client.ib.reqHistoricalDataAsync(contract, "", "1 D", "7 mins", "TRADES", useRTH=False, timeout=1)
        equal(list(await asked), [], "bars of a size that does not exist")
        await client.until(lambda: len(client.errors) == 2, "an error, and one more for its own cancel")
        text, _ = client.refused(321, 366)
        check("bar size setting is invalid" in text, text)
        [pair] = await client.answer(client.ib.qualifyContractsAsync(Forex("EURUSD")), "the pair")
        equal(list(await bars(client, pair, "1 D", "1 hour", "TRADES")), [], "trades of a pair")
        client.refused(162)


async def schedule_and_head(client, contract):
    ib = client.ib
    with step("historical schedule"):
        schedule = await client.answer(ib.reqHistoricalScheduleAsync(contract, numDays=5), "schedule")
        check(len(schedule.sessions) >= 5 and schedule.timeZone == "US/Eastern", f"schedule {schedule}")
    with step("head timestamp"):
        head = await client.answer(ib.reqHeadTimeStampAsync(contract, "TRADES", True, 2), "head")
        check(head < datetime(2000, 1, 1, tzinfo=timezone.utc), f"head {head}")
    with step("histogram"):
        rows = await client.answer(ib.reqHistogramDataAsync(contract, False, "3 days"), "histogram")
        check(len(rows) > 10 and all(row.price > 0 and row.count > 0 for row in rows), f"{len(rows)} rows")


async def ticks(client, contract):
    ib = client.ib
    start = datetime.fromtimestamp(GATEWAY_BEGAN, timezone.utc) - timedelta(hours=1)
    for what in ("TRADES", "BID_ASK", "MIDPOINT"):
        with step(f"historical ticks: {what}"):
            found = await client.answer(ib.reqHistoricalTicksAsync(contract, start, "", 50, what, False), what)
            check(50 <= len(found) < 100, f"{len(found)} ticks")
            times = [tick.time for tick in found]
            check(times == sorted(times) and times[0] >= start, f"from {times[0]}, asked from {start}")
            if what == "TRADES":
                check(all(tick.price > 0 and tick.size > 0 and tick.exchange for tick in found), f"{found[:2]}")
            elif what == "BID_ASK":
                check(all(0 < tick.priceBid < tick.priceAsk for tick in found), f"{found[:2]}")
            else:
                check(all(tick.price > 0 for tick in found), f"{found[:2]}")
            back = await client.answer(ib.reqHistoricalTicksAsync(contract, "", start, 50, what, False), what)
            check(50 <= len(back) < 100 and back[-1].time <= start, f"{len(back)} ticks up to {back[-1].time}")


async def kept_up_to_date(client, contract):
    with step("historical bars: kept up to date"):
        asked = client.ib.reqHistoricalDataAsync(
            contract, "", "300 S", "5 secs", "TRADES", useRTH=False, formatDate=2, keepUpToDate=True
        )
        found = await client.answer(asked, "bars")
        before = len(found)
        await client.until(lambda: len(found) >= before + 2, "two new bars")
        check(sane(found), "bars")
        steps = {(later.date - earlier.date).total_seconds() for earlier, later in zip(found, found[1:])}
        equal(steps, {5.0}, "seconds between bars")
        client.ib.cancelHistoricalData(found)
        await client.error(162)
