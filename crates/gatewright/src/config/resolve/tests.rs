//! What holds, by who said it; and what is refused.

use super::*;

fn overrides() -> Overrides {
    Overrides { default_state: Some("/home/me/.local/state/gatewright".into()), ..Overrides::default() }
}

fn settled(text: &str, overrides: &Overrides) -> Settings {
    resolve(Some(("/etc/gatewright.toml".into(), text)), overrides).unwrap()
}

fn refused(text: &str, overrides: &Overrides) -> (String, String) {
    let problem = resolve(Some(("/etc/gatewright.toml".into(), text)), overrides).unwrap_err();
    (problem.message, problem.at.map(|at| text[at].to_owned()).unwrap_or_default())
}

fn row(settings: &Settings, key: &str) -> String {
    let rows = settings.rows();
    let (_, value, origin) = rows.iter().find(|(name, ..)| name == key).unwrap_or_else(|| panic!("no {key}"));
    format!("{value} ({origin})")
}

#[test]
fn without_a_file_there_is_one_paper_gateway_on_this_machine() {
    let settings = resolve(None, &overrides()).unwrap();
    for (key, value) in [
        ("gateway.gateway.address", "127.0.0.1:4002 (default)"),
        ("gateway.gateway.proxy.listen", "127.0.0.1:4102 (default)"),
        ("gateway.gateway.proxy.park", "60s (default)"),
        ("gateway.gateway.proxy.outage", "hold (default)"),
        ("gateway.gateway.monitor_client_id", "999999000 (default)"),
        ("http.listen", "127.0.0.1:4180 (default)"),
        ("state.dir", "/home/me/.local/state/gatewright (default)"),
    ] {
        assert_eq!(row(&settings, key), value);
    }
}

#[test]
fn flags_stand_above_the_environment_above_the_file_above_defaults() {
    let text = "[[gateway]]\naddress = \"10.0.0.1:4002\"\n[http]\nlisten = \"127.0.0.1:1\"\n[state]\ndir = \"/a\"\n";
    assert_eq!(row(&settled(text, &overrides()), "gateway.gateway.address"), "10.0.0.1:4002 (line 2)");
    let environment =
        Override { value: "10.0.0.2:4002".parse().unwrap(), origin: Origin::Environment("GATEWRIGHT_GATEWAY") };
    let said = Overrides { gateway: Some(environment), ..overrides() };
    assert_eq!(row(&settled(text, &said), "gateway.gateway.address"), "10.0.0.2:4002 (GATEWRIGHT_GATEWAY)");
    let flag = Override { value: "/b".into(), origin: Origin::Flag("--state") };
    let said = Overrides { state: Some(flag), ..said };
    assert_eq!(row(&settled(text, &said), "state.dir"), "/b (--state)");
    assert_eq!(row(&settled(text, &said), "http.listen"), "127.0.0.1:1 (line 4)");
}

#[test]
fn the_port_for_programs_follows_the_gateways_own() {
    let settings = settled("[[gateway]]\naddress = \"127.0.0.1:7497\"\n", &overrides());
    assert_eq!(row(&settings, "gateway.gateway.proxy.listen"), "127.0.0.1:7597 (default)");
}

#[test]
fn several_gateways_need_names_addresses_and_ports_of_their_own() {
    let two = "[[gateway]]\nname = \"a\"\naddress = \"127.0.0.1:4002\"\n[[gateway]]\nname = \"b\"\naddress = \"127.0.0.1:7497\"\n";
    assert_eq!(settled(two, &overrides()).gateways.len(), 2);
    let same = two.replace("\"b\"", "\"a\"");
    assert_eq!(refused(&same, &overrides()), ("two Gateways are called `a`".into(), "\"a\"".into()));
    assert_eq!(refused("[[gateway]]\n[[gateway]]\n", &overrides()).0, "a Gateway has no name");
    let addressless = "[[gateway]]\nname = \"a\"\n[[gateway]]\nname = \"b\"\naddress = \"127.0.0.1:1\"\n";
    assert_eq!(refused(addressless, &overrides()).0, "the Gateway `a` has no address");
    let clash = format!("{two}[gateway.proxy]\nlisten = \"127.0.0.1:4102\"\n");
    let (message, _) = refused(&clash, &overrides());
    assert_eq!(message, "gateway.a.proxy.listen and gateway.b.proxy.listen are both 127.0.0.1:4102");
    let flag = Override { value: Listen::Off, origin: Origin::Flag("--proxy") };
    let said = Overrides { proxy: Some(flag), ..overrides() };
    assert_eq!(refused(two, &said).0, "--proxy is meant for one Gateway, and the file has 2");
}

#[test]
fn real_money_needs_live_and_the_account() {
    let port = "[[gateway]]\naddress = \"127.0.0.1:4001\"\n";
    assert!(refused(port, &overrides()).0.contains("4001 is a live trading port"));
    assert!(refused(&format!("{port}live = true\n"), &overrides()).0.contains("not the account"));
    settled(&format!("{port}live = true\naccount = \"U1\"\n"), &overrides());
}

#[test]
fn what_cannot_be_used_is_refused_where_it_stands() {
    let proxy = |line: &str| format!("[[gateway]]\n[gateway.proxy]\n{line}\n");
    for (text, at) in [
        (proxy("park = \"60\""), "\"60\""),
        (proxy("outage = \"wait\""), "\"wait\""),
        (proxy("listen = \"4102\""), "\"4102\""),
        (proxy("listen = \"0.0.0.0:4102\""), "\"0.0.0.0:4102\""),
        ("[[gateway]]\nname = \"My Gateway\"\n".to_owned(), "\"My Gateway\""),
        ("[[gateway]]\nname = \"../x\"\n".to_owned(), "\"../x\""),
        ("[[gateway]]\nmonitor_client_id = -1\n".to_owned(), "-1"),
        ("[[gateway]]\n[gateway.ibc]\naddress = \"7462\"\n".to_owned(), "\"7462\""),
    ] {
        assert_eq!(refused(&text, &overrides()).1, at, "{text}");
    }
    settled(&proxy("listen = \"0.0.0.0:4102\"\nallow = [\"10.0.0.7\"]"), &overrides());
    assert!(refused(&proxy("listen = \"127.0.0.1:4002\""), &overrides()).0.contains("the Gateway's own port"));
}

#[test]
fn a_wrong_value_is_refused_even_where_a_flag_stands_above_it() {
    let flag = Override { value: Listen::Off, origin: Origin::Flag("--http") };
    let said = Overrides { http: Some(flag), ..overrides() };
    assert_eq!(refused("[http]\nlisten = \"x\"\n", &said).1, "\"x\"");
}

#[test]
fn the_document_has_every_setting_with_its_default() {
    let document = include_str!("../../../../../docs/daemon.md");
    let ibc = "[[gateway]]\n[gateway.ibc]\naddress = \"127.0.0.1:7462\"\n";
    for (key, value, origin) in settled(ibc, &overrides()).rows() {
        // The trader's settings have a document of their own.
        if key.starts_with("risk.") || key.starts_with("trade.") {
            continue;
        }
        let key = key.replacen("gateway.gateway.", "gateway.", 1);
        let default = match (key.as_str(), origin) {
            ("alert.repeat", _) => "4h".to_owned(),
            ("state.dir", _) => value.replace("/home/me", "~"),
            (_, Origin::Default) => value,
            (_, Origin::File(_) | Origin::Environment(_) | Origin::Flag(_)) => "none".to_owned(),
        };
        let row = format!("| `{key}` | `{default}` | ");
        assert!(document.contains(&row), "docs/daemon.md lacks the row:\n{row}");
    }
}

#[test]
fn one_gateway_has_one_section_however_it_is_written() {
    let two = |first: &str, second: &str| {
        format!(
            "[[gateway]]\nname = \"a\"\naddress = \"{first}\"\n[[gateway]]\nname = \"b\"\naddress = \"{second}\"\n\
             [gateway.proxy]\nlisten = \"off\"\n"
        )
    };
    for (first, second) in [("127.0.0.1:4002", "localhost:4002"), ("gw.example:4002", "GW.example:4002")] {
        let (message, _) = refused(&two(first, second), &overrides());
        assert_eq!(message, format!("`a` and `b` are the same Gateway, {second}"));
    }
    settled(&two("127.0.0.1:4002", "127.0.0.1:4003"), &overrides());
}

#[test]
fn a_remedy_speaks_of_the_file_and_not_of_flags() {
    let problem = |text: &str| resolve(Some(("/etc/gatewright.toml".into(), text)), &overrides()).unwrap_err();
    let unnamed = problem("[[gateway]]\naddress = \"127.0.0.1:4001\"\nlive = true\n");
    assert!(
        unnamed.help.starts_with("Name the account with `account = \"ID\"`; `live = true` alone"),
        "{}",
        unnamed.help
    );
    let live = problem("[[gateway]]\naddress = \"127.0.0.1:4001\"\n");
    assert!(!live.help.contains("--") && !live.help.contains("``"), "{}", live.help);
}

#[test]
fn a_programs_limit_and_what_a_halt_means_for_it_are_read_and_wrong_ones_refused() {
    let proxy = |line: &str| format!("[[gateway]]\naddress = \"127.0.0.1:4002\"\n[gateway.proxy]\n{line}\n");
    let settings = settled(&proxy("messages_per_program = 20\norders_during_halt = \"pass\""), &overrides());
    assert_eq!(row(&settings, "gateway.gateway.proxy.messages_per_program"), "20 (line 4)");
    assert_eq!(row(&settings, "gateway.gateway.proxy.orders_during_halt"), "pass (line 5)");
    let settings = settled(&proxy(""), &overrides());
    assert_eq!(row(&settings, "gateway.gateway.proxy.messages_per_program"), "none (default)");
    assert_eq!(row(&settings, "gateway.gateway.proxy.orders_during_halt"), "refuse (default)");
    for wrong in ["messages_per_program = 0", "messages_per_program = 10001", "orders_during_halt = \"maybe\""] {
        let (_, at) = refused(&proxy(wrong), &overrides());
        assert_eq!(at, wrong.split(" = ").nth(1).unwrap());
    }
}
