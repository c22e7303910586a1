//! The whole protocol as one JSON Schema document.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use gatewright_proto::session::Cause;

use super::failure::ErrorCode;
use super::params::Method;
use super::rpc::{Answer, RequestLine};
use super::{events, params, results};

/// The JSON Schema of the protocol: requests by method with their parameters and results, answers, events, and the
/// table of error codes. Deterministic, so that a copy in `docs/` can be compared.
pub fn protocol_schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut methods = Map::new();
    for method in Method::ALL {
        let (params, result) = schemas(method, &mut generator);
        methods.insert(method.name().into(), json!({ "params": params, "result": result }));
    }
    let request = schema::<RequestLine>(&mut generator);
    let answer = schema::<Answer>(&mut generator);
    let event = schema::<events::Event>(&mut generator);
    let errors: Vec<Value> =
        ErrorCode::ALL.iter().map(|code| json!({ "code": code.number(), "cause": code.cause() })).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Gatewright worker protocol",
        "description": "JSON-RPC 2.0, one object a line, over stdio or a Unix socket. Generated from the types; do not edit.",
        "anyOf": [request, answer, event],
        "x-methods": methods,
        "x-errors": errors,
        "x-connect-causes": Cause::NAMES,
        "$defs": generator.take_definitions(true),
    })
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().into()
}

fn schemas(method: Method, generator: &mut SchemaGenerator) -> (Value, Value) {
    fn pair<P: JsonSchema, R: JsonSchema>(generator: &mut SchemaGenerator) -> (Value, Value) {
        (schema::<P>(generator), schema::<R>(generator))
    }
    match method {
        Method::Connect => pair::<params::ConnectParams, results::ConnectedResult>(generator),
        Method::Disconnect => pair::<params::SessionParams, results::DisconnectedResult>(generator),
        Method::Ping => pair::<params::SessionParams, results::PingResult>(generator),
        Method::Health => pair::<params::SessionParams, results::HealthResult>(generator),
        Method::Accounts => pair::<params::SessionParams, results::AccountsResult>(generator),
        Method::Positions => pair::<params::SessionParams, results::PositionsResult>(generator),
        Method::AccountSummary => pair::<params::SessionParams, results::AccountSummaryResult>(generator),
        Method::HistoricalBars => pair::<params::HistoricalBarsParams, results::BarsResult>(generator),
        Method::ContractDetails => pair::<params::ContractDetailsParams, results::ContractDetailsResult>(generator),
        Method::OpenOrders => pair::<params::SessionParams, results::OpenOrdersResult>(generator),
        Method::AllOpenOrders => pair::<params::SessionParams, results::OpenOrdersResult>(generator),
        Method::CompletedOrders => pair::<params::SessionParams, results::CompletedOrdersResult>(generator),
        Method::Executions => pair::<params::ExecutionsParams, results::ExecutionsResult>(generator),
        Method::Subscribe => pair::<params::SubscribeParams, results::SubscribedResult>(generator),
        Method::Unsubscribe => pair::<params::UnsubscribeParams, results::UnsubscribedResult>(generator),
        Method::PlaceOrder => pair::<params::OrderParams, results::OrderResult>(generator),
        Method::CancelOrder => pair::<params::CancelOrderParams, results::OrderResult>(generator),
        Method::GlobalCancel => pair::<params::SessionParams, results::GlobalCancelResult>(generator),
        Method::Attach => pair::<params::AttachParams, results::AttachResult>(generator),
        Method::RawSession => pair::<params::RawSessionParams, results::RawOpened>(generator),
    }
}
