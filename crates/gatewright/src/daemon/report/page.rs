//! A small page for a browser. It loads nothing from anywhere.

use std::fmt::Write as _;

use gatewright_link::protocol::LayerState;

use super::text::age;
use super::value::DaemonReport;

const HEAD: &str = "<!doctype html><html lang=en><meta charset=utf-8><meta http-equiv=refresh content=5>\
<meta name=viewport content='width=device-width'><title>Gatewright</title><style>\
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.15rem .6rem .15rem 0;vertical-align:top}\
.yes{color:#1a7f37}.no{color:#cf222e;font-weight:600}.unknown{color:#9a6700}</style><h1>Gatewright</h1>";

/// The whole report as a page.
pub(crate) fn page(report: &DaemonReport) -> String {
    let mut html = String::from(HEAD);
    match (report.halt.stands, &report.halt.words) {
        (LayerState::Yes, Some(words)) => {
            let _ = write!(html, "<p class=no>HALTED: {}", escaped(words));
        }
        (LayerState::Unknown, Some(words)) => {
            let _ = write!(html, "<p class=unknown>Whether trading is halted is not known: {}", escaped(words));
        }
        (LayerState::Yes | LayerState::No | LayerState::Unknown, _) => {}
    }
    for gateway in &report.gateways {
        let class = class(gateway.verdict.well);
        let _ =
            write!(html, "<h2>{}</h2><p class={class}>{}", escaped(&gateway.name), escaped(&gateway.verdict.sentence));
        if let Some(remedy) = &gateway.verdict.remedy {
            let _ = write!(html, "<p>{}", escaped(remedy));
        }
        let _ = write!(html, "<p>Gateway {}", escaped(&gateway.gateway));
        if let Some(proxy) = &gateway.proxy {
            let _ = write!(html, " · programs connect at {}", escaped(&proxy.listening));
        }
        html.push_str("<table><tr><th>layer<th>well<th>for<th>evidence");
        for (name, layer) in &gateway.layers {
            let since = layer.since_ms.map_or_else(String::new, age);
            let class = self::class(layer.state);
            let _ = write!(
                html,
                "<tr><td>{}<td class={class}>{class}<td>{since}<td>{}",
                escaped(name),
                escaped(&layer.evidence)
            );
        }
        html.push_str("</table>");
    }
    let _ = write!(html, "<p>Gatewright {} · up {}", escaped(&report.version), age(report.uptime_ms));
    html.push_str(" · <a href=/health>health</a> · <a href=/metrics>metrics</a>\n");
    html
}

fn class(state: LayerState) -> &'static str {
    match state {
        LayerState::Yes => "yes",
        LayerState::No => "no",
        LayerState::Unknown => "unknown",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
