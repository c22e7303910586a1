"""Finding contracts: details, symbols, option chains, rules."""

from steps import check, equal, step
from .desk import AAPL, contract, desk


def details(client, wanted):
    request = client.request()
    ask = lambda: client.reqContractDetails(request, wanted)
    match = lambda id: id == request
    return [row[1] for row in client.rows(ask, "contractDetails", "contractDetailsEnd", match)]


def contracts(host, port, _gateway):
    with desk(host, port) as client:
        with step("contract details: one"):
            [one] = details(client, contract("AAPL"))
            equal((one.contract.conId, one.contract.primaryExchange, one.contract.tradingClass),
                  (AAPL, "NASDAQ", "NMS"), "contract")
            equal((one.longName, one.minTick, one.stockType), ("APPLE INC", 0.01, "COMMON"), "details")
            equal(one.timeZoneId, "US/Eastern", "time zone")
            equal([(it.tag, it.value) for it in one.secIdList], [("ISIN", "US0378331005")], "security ids")
            check({"MKT", "LMT", "STP", "TRAIL"} <= set(one.orderTypes.split(",")), one.orderTypes)
            equal(len(one.tradingHours.split(";")), 6, "days of trading hours")
            equal(one.mdSizeMultiplier, 1, "the multiplier of sizes, which are shares and not lots")
        with step("contract details: by number"):
            [again] = details(client, contract(conId=AAPL, kind="", currency=""))
            equal(again.contract.symbol, "AAPL", "symbol")
        with step("contract details: ambiguous"):
            several = details(client, contract("AAPL", exchange="", currency=""))
            equal({it.contract.currency for it in several}, {"MXN", "USD"}, "currencies")
        with step("contract details: none"):
            request = client.request()
            client.reqContractDetails(request, contract("NOSUCHTHING"))
            equal(client.refused(request, 200), "No security definition has been found for the request", "the text")
        with step("contract details: a pair, a future"):
            [pair] = details(client, contract("EUR", "CASH", "IDEALPRO"))
            equal((pair.contract.conId, pair.contract.localSymbol), (12087792, "EUR.USD"), "the pair")
            futures = details(client, contract("ES", "FUT", "CME"))
            check(len(futures) >= 4 and {it.contract.multiplier for it in futures} == {"50"}, f"{len(futures)} futures")
        with step("symbol search"):
            request = client.request()
            client.reqMatchingSymbols(request, "AAP")
            _, found = client.until("symbolSamples")
            equal((found[0].contract.conId, found[0].contract.currency), (AAPL, "USD"), "the first match")
            check("OPT" in found[0].derivativeSecTypes, f"derivatives {found[0].derivativeSecTypes}")
            client.reqMatchingSymbols(request, "QQQQQQ")
            equal(client.until("symbolSamples"), (request, []), "matches of nothing")
        with step("option chain parameters"):
            request = client.request()
            rows = client.rows(
                lambda: client.reqSecDefOptParams(request, "AAPL", "", "STK", AAPL),
                "securityDefinitionOptionParameter", "securityDefinitionOptionParameterEnd",
            )
            [(_, _, under, trading_class, multiplier, expirations, strikes)] = [row for row in rows if row[1] == "SMART"]
            equal((under, trading_class, multiplier), (AAPL, "AAPL", "100"), "the chain")
            check(len(expirations) >= 5 and len(strikes) >= 20, f"{len(expirations)} expirations, {len(strikes)} strikes")
            wanted = contract("AAPL", "OPT", lastTradeDateOrContractMonth=sorted(expirations)[2],
                              strike=sorted(strikes)[10], right="C")
            [option] = details(client, wanted)
            check(option.underConId == AAPL and option.contract.localSymbol.startswith("AAPL  "), f"{option.contract}")
            client.reqSecDefOptParams(request, "NONE", "", "STK", 999_999_999)
            client.refused(request, 321)
        with step("option calculations"):
            request = client.request()
            client.calculateOptionPrice(request, option.contract, 0.3, 250.0, [])
            computed = client.until("tickOptionComputation")
            price, delta = computed[5], computed[4]
            check(price > 0 and 0 < delta < 1, f"computed {computed}")
            client.cancelCalculateOptionPrice(request)
            request = client.request()
            client.calculateImpliedVolatility(request, option.contract, price, 250.0, [])
            volatility = client.until("tickOptionComputation")[3]
            check(abs(volatility - 0.3) < 0.001, f"volatility {volatility}")
            client.cancelCalculateImpliedVolatility(request)
        with step("market rules"):
            client.reqMarketRule(int(one.marketRuleIds.split(",")[0]))
            _, increments = client.until("marketRule")
            equal([(it.lowEdge, it.increment) for it in increments], [(0.0, 0.01)], "price increments")
        with step("soft dollar tiers"):
            client.reqSoftDollarTiers(1)
            equal(client.until("softDollarTiers"), (1, []), "tiers")
