//! Defaults < file < environment < flags, and the rules that no single value can break. Pure.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use gatewright_link::pacing::PacingSettings;
use gatewright_proto::ClientId;
use toml::Spanned;

use super::file::{AlertSection, File, GatewaySection, IbcSection, ProxySection};
use super::flags::{Override, Overrides};
use super::parse::parse;
use super::problem::{Problem, line_of};
use super::settings::{AlertSettings, GatewaySettings, IbcSettings, Origin, ProxySettings, Setting, Settings};
use super::trading::TradingSettings;
use super::value::{ClientRate, Listen, OrdersDuringHalt, Outage, ReadOnly, ServerRegion, Span, Webhook};
use crate::endpoint::Endpoint;
use crate::guard::{self, Allowed};

/// How far the port for programs is above the Gateway's own where nobody says so: 4102 for 4002.
const PROXY_ABOVE: u16 = 100;

/// Where health and metrics are served where nobody says so.
const HTTP_PORT: u16 = 4180;

/// The client id that the daemon takes for itself: far above what programs choose.
const MONITOR: ClientId = ClientId::new(999_999_000);

/// More than any account's market data lines allow; the worker takes no more either.
const MOST_MESSAGES_PER_SECOND: u32 = 10_000;

/// How long a vanished program's session is kept: long enough for a restart of the program, too short to be forgotten.
const PARK: Duration = Duration::from_secs(60);

/// How soon a trouble that goes on is told again: twice in a working day.
const REPEAT: Duration = Duration::from_secs(4 * 60 * 60);

/// How often IBC may be told to restart a Gateway in a day where nobody says so. A second one may mend what the first did
/// not; a third would only ask for another login.
const RESTARTS_A_DAY: u32 = 2;

/// How long what proves a Gateway to be stuck must last where nobody says so: several handshakes with their deadlines.
const STUCK_FOR: Duration = Duration::from_secs(30);

/// How long a Gateway may take to go down after IBC has taken the order where nobody says so: IBC waits for the end of a
/// minute and closes the Gateway in order.
const DOWN_WITHIN: Duration = Duration::from_secs(5 * 60);

/// More restarts in a day than that help nobody, and each may end at a login that waits for a human.
const MOST_RESTARTS_A_DAY: u32 = 12;

/// What a Gateway's name may be made of, since it is a folder's name too.
const NAME_LENGTH: usize = 32;

/// Reads a file's text, if there is a file, and settles what holds.
///
/// # Errors
///
/// The first thing that is wrong.
pub(crate) fn resolve(file: Option<(PathBuf, &str)>, overrides: &Overrides) -> Result<Settings, Problem> {
    let (path, text) = file.map_or((None, ""), |(path, text)| (Some(path), text));
    Resolver { text, overrides }.settings(parse(text)?, path)
}

/// Reads the trader's sections of a file's text, if there is a file. The rest of it need only be well-formed.
///
/// # Errors
///
/// The first thing that is wrong.
pub(crate) fn resolve_trading(text: &str) -> Result<TradingSettings, Problem> {
    let overrides = Overrides::default();
    let file = parse(text)?;
    let resolver = Resolver { text, overrides: &overrides };
    TradingSettings::resolve(&resolver, file.risk.unwrap_or_default(), file.trade.unwrap_or_default())
}

/// Settles one value after the other.
pub(super) struct Resolver<'a> {
    text: &'a str,
    overrides: &'a Overrides,
}

impl Resolver<'_> {
    fn settings(&self, file: File, path: Option<PathBuf>) -> Result<Settings, Problem> {
        let sections = if file.gateway.is_empty() { vec![GatewaySection::default()] } else { file.gateway };
        let single = sections.len() == 1;
        if !single && let Some(origin) = self.meant_for_one() {
            let message = format!("{origin} is meant for one Gateway, and the file has {}", sections.len());
            return Err(Problem::at(None, message, "Say it in the file, in the Gateway's own section."));
        }
        let mut gateways = Vec::with_capacity(sections.len());
        let mut names = HashSet::new();
        for section in sections {
            let span = section.name.as_ref().map(Spanned::span);
            let gateway = self.gateway(section, single)?;
            if !names.insert(gateway.name.value.clone()) {
                let message = format!("two Gateways are called `{}`", gateway.name.value);
                return Err(Problem::at(span, message, "Give each a `name` of its own."));
            }
            gateways.push(gateway);
        }
        let http = file.http.unwrap_or_default().listen;
        let default = Listen::At(SocketAddr::from((Ipv4Addr::LOCALHOST, HTTP_PORT)));
        let http = self.parsed(http, default, self.overrides.http.as_ref())?;
        let settings = Settings {
            file: path,
            alert: self.alert(file.alert.unwrap_or_default())?,
            state_dir: self.state_dir(file.state.unwrap_or_default().dir)?,
            gateways,
            http,
            trading: TradingSettings::resolve(self, file.risk.unwrap_or_default(), file.trade.unwrap_or_default())?,
        };
        apart(&settings)?;
        Ok(settings)
    }

    /// The first override that says something about the only Gateway.
    fn meant_for_one(&self) -> Option<&Origin> {
        let said = self.overrides;
        let origins = [
            said.gateway.as_ref().map(|said| &said.origin),
            said.proxy.as_ref().map(|said| &said.origin),
            said.live.as_ref().map(|said| &said.origin),
            said.account.as_ref().map(|said| &said.origin),
        ];
        origins.into_iter().flatten().next()
    }

    fn gateway(&self, section: GatewaySection, single: bool) -> Result<GatewaySettings, Problem> {
        let said = self.overrides;
        let name = self.name(section.name, single)?;
        if !single && section.address.is_none() {
            let message = format!("the Gateway `{}` has no address", name.value);
            return Err(Problem::at(None, message, "Add `address = \"HOST:PORT\"` to its section."));
        }
        let place = section.address.as_ref().or(section.account.as_ref()).map(Spanned::span);
        let address: Setting<Endpoint> = self.parsed(section.address, Endpoint::default(), said.gateway.as_ref())?;
        let live = self.plain(section.live, false, said.live.as_ref());
        let account =
            said.account.as_ref().map(|said| Override { value: Some(said.value.clone()), origin: said.origin.clone() });
        let account = self.plain(section.account.map(some), None, account.as_ref());
        let allowed = Allowed { live: live.value, account: account.value.clone() };
        guard::check_gateway(&address.value, &allowed).map_err(|refusal| {
            Problem::at(place, refusal.to_string().replace("--live", "`live`"), in_file(&refusal.remedy()))
        })?;
        let monitor_span = section.monitor_client_id.as_ref().map(Spanned::span);
        let monitor_client_id = self.plain(section.monitor_client_id, MONITOR, None);
        if monitor_client_id.value.get() < 0 {
            return Err(Problem::at(monitor_span, "a client id is 0 or more", "Leave it out for the default."));
        }
        let ibc = section.ibc.map(|ibc| self.ibc(ibc)).transpose()?;
        let proxy = self.proxy(section.proxy.unwrap_or_default(), &address.value)?;
        let span = section.messages_per_second.as_ref().map(Spanned::span);
        let default = PacingSettings::default().messages_per_second;
        let messages_per_second = self.plain(section.messages_per_second, default, None);
        if !(1..=MOST_MESSAGES_PER_SECOND).contains(&messages_per_second.value) {
            let message = format!("{} messages a second are not from 1 to 10000", messages_per_second.value);
            return Err(Problem::at(
                span,
                message,
                "A Gateway objects above 50, or above half of the market data lines.",
            ));
        }
        let region = self.parsed(section.region, ServerRegion::default(), None)?;
        let restart = self.optional(section.restart)?;
        Ok(GatewaySettings {
            name,
            address,
            live,
            account,
            monitor_client_id,
            messages_per_second,
            region,
            restart,
            proxy,
            ibc,
        })
    }

    fn ibc(&self, section: IbcSection) -> Result<IbcSettings, Problem> {
        let span = section.restarts_a_day.as_ref().map(Spanned::span);
        let restarts_a_day = self.plain(section.restarts_a_day, RESTARTS_A_DAY, None);
        if restarts_a_day.value > MOST_RESTARTS_A_DAY {
            let message = format!("{} restarts in a day are more than {MOST_RESTARTS_A_DAY}", restarts_a_day.value);
            let help = "Each may end at a login that waits for a human; 0 orders none.";
            return Err(Problem::at(span, message, help));
        }
        let stuck_for = self.parsed(section.stuck_for, Span(STUCK_FOR), None)?;
        let down_within = self.parsed(section.down_within, Span(DOWN_WITHIN), None)?;
        Ok(IbcSettings { address: self.parsed_text(section.address)?, restarts_a_day, stuck_for, down_within })
    }

    fn alert(&self, section: AlertSection) -> Result<AlertSettings, Problem> {
        let span = section.command.as_ref().map(Spanned::span);
        let command: Setting<Vec<String>> = self.plain(section.command, Vec::new(), None);
        if command.value.first().is_some_and(|program| program.trim().is_empty()) {
            let help = "Write [\"PROGRAM\", \"ARGUMENT\", …], or leave the line out.";
            return Err(Problem::at(span, "the program to run has no name", help));
        }
        let webhook: Setting<Option<Webhook>> = self.optional(section.webhook)?;
        Ok(AlertSettings { command, webhook, repeat: self.parsed(section.repeat, Span(REPEAT), None)? })
    }

    fn name(&self, name: Option<Spanned<String>>, single: bool) -> Result<Setting<String>, Problem> {
        let Some(name) = name else {
            if single {
                return Ok(Setting { value: "gateway".into(), origin: Origin::Default });
            }
            return Err(Problem::at(None, "a Gateway has no name", "With more than one, give each a `name`."));
        };
        let fits = |text: &str| {
            let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
            (1..=NAME_LENGTH).contains(&text.len()) && text.chars().all(letters) && !text.starts_with(['-', '_'])
        };
        if !fits(name.get_ref()) {
            let message = format!("`{}` cannot be a Gateway's name", name.get_ref());
            let help = format!("Use up to {NAME_LENGTH} of a-z, 0-9, `-` and `_`, with a letter or digit first.");
            return Err(Problem::at(Some(name.span()), message, help));
        }
        Ok(self.plain(Some(name), String::new(), None))
    }

    fn proxy(&self, section: ProxySection, gateway: &Endpoint) -> Result<ProxySettings, Problem> {
        let port = gateway.port.checked_add(PROXY_ABOVE).unwrap_or(0);
        let default = Listen::At(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let span = section.listen.as_ref().map(Spanned::span);
        let listen: Setting<Listen> = self.parsed(section.listen, default, self.overrides.proxy.as_ref())?;
        let allow: Setting<Vec<IpAddr>> = self.plain(section.allow, Vec::new(), None);
        if let Listen::At(address) = listen.value
            && !address.ip().is_loopback()
            && allow.value.is_empty()
        {
            let message = format!("programs on other machines could reach {address}, and none is allowed");
            let help = "Listen on 127.0.0.1, or name the machines in `allow` of [gateway.proxy].";
            return Err(Problem::at(span, message, help));
        }
        Ok(ProxySettings {
            listen,
            park: self.parsed(section.park, Span(PARK), None)?,
            outage: self.parsed(section.outage, Outage::default(), None)?,
            read_only: self.plain(section.read_only, ReadOnly::All(false), None),
            allow,
            orders_during_halt: self.parsed(section.orders_during_halt, OrdersDuringHalt::default(), None)?,
            messages_per_program: self.plain(section.messages_per_program, ClientRate::default(), None),
        })
    }

    fn state_dir(&self, section: Option<Spanned<String>>) -> Result<Setting<PathBuf>, Problem> {
        let said = self.overrides;
        let section = section.map(|dir| Spanned::new(dir.span(), PathBuf::from(dir.into_inner())));
        if section.is_none() && said.state.is_none() && said.default_state.is_none() {
            let help = "Give one by --state, GATEWRIGHT_STATE, or `dir` in [state].";
            return Err(Problem::at(None, "there is no folder for state, and no home to put it in", help));
        }
        let default = said.default_state.clone().unwrap_or_default();
        Ok(self.plain(section, default, said.state.as_ref()))
    }

    /// A value that stands in the file as it is used.
    pub(super) fn plain<T: Clone>(
        &self,
        section: Option<Spanned<T>>,
        default: T,
        said: Option<&Override<T>>,
    ) -> Setting<T> {
        if let Some(said) = said {
            return Setting { value: said.value.clone(), origin: said.origin.clone() };
        }
        match section {
            Some(value) => Setting { origin: self.line(&value.span()), value: value.into_inner() },
            None => Setting { value: default, origin: Origin::Default },
        }
    }

    /// A value that stands in the file as text. It must be right even where something stands above it.
    pub(super) fn parsed<T>(
        &self,
        section: Option<Spanned<String>>,
        default: T,
        said: Option<&Override<T>>,
    ) -> Result<Setting<T>, Problem>
    where
        T: Clone + FromStr<Err: ToString>,
    {
        let section = section.map(|text| self.parsed_text::<T>(text)).transpose()?;
        Ok(match (said, section) {
            (Some(said), _) => Setting { value: said.value.clone(), origin: said.origin.clone() },
            (None, Some(section)) => section,
            (None, None) => Setting { value: default, origin: Origin::Default },
        })
    }

    /// A value without a default that stands in the file as text.
    fn optional<T: FromStr<Err: ToString>>(
        &self,
        section: Option<Spanned<String>>,
    ) -> Result<Setting<Option<T>>, Problem> {
        let Some(text) = section else { return Ok(Setting { value: None, origin: Origin::Default }) };
        let Setting { value, origin } = self.parsed_text(text)?;
        Ok(Setting { value: Some(value), origin })
    }

    fn parsed_text<T: FromStr<Err: ToString>>(&self, text: Spanned<String>) -> Result<Setting<T>, Problem> {
        let span = text.span();
        let value = text.get_ref().parse::<T>().map_err(|error| {
            let help = "`gatewright config example` shows every setting with its form.";
            Problem::at(Some(span.clone()), error.to_string(), help)
        })?;
        Ok(Setting { value, origin: self.line(&span) })
    }

    fn line(&self, span: &Range<usize>) -> Origin {
        Origin::File(line_of(self.text, span.start))
    }
}

fn some<T>(value: Spanned<T>) -> Spanned<Option<T>> {
    Spanned::new(value.span(), Some(value.into_inner()))
}

/// A remedy that speaks of flags, for whoever writes the file.
fn in_file(remedy: &str) -> String {
    let remedy = remedy.replace("`--live`", "`live = true`").replace("--live and", "`live = true` and");
    let remedy =
        remedy.replace("--account ID", "`account = \"ID\"`").replace("--live --account", "`live = true` and account");
    remedy.replace("--live", "`live = true`")
}

/// No two of them may want the same thing.
fn apart(settings: &Settings) -> Result<(), Problem> {
    let mut taken: Vec<(SocketAddr, String)> = Vec::new();
    let http = (settings.http.value, "http.listen".to_owned());
    let proxies = settings
        .gateways
        .iter()
        .map(|gateway| (gateway.proxy.listen.value, format!("gateway.{}.proxy.listen", gateway.name.value)));
    for (listen, key) in proxies.chain([http]) {
        let Listen::At(address) = listen else { continue };
        if let Some((_, other)) = taken.iter().find(|(other, _)| *other == address && address.port() != 0) {
            let message = format!("{other} and {key} are both {address}");
            return Err(Problem::at(None, message, "Give each a port of its own."));
        }
        taken.push((address, key));
    }
    // Names are not looked up for this: what is written the same, or means this machine, is the same.
    let place = |gateway: &GatewaySettings| {
        let Endpoint { host, port } = &gateway.address.value;
        let here = host == "localhost" || host.parse().is_ok_and(|host: IpAddr| host.is_loopback());
        (if here { "127.0.0.1".to_owned() } else { host.to_ascii_lowercase() }, *port)
    };
    for (index, gateway) in settings.gateways.iter().enumerate() {
        if let Some(same) = settings.gateways[..index].iter().find(|other| place(other) == place(gateway)) {
            let (one, other) = (&same.name.value, &gateway.name.value);
            let message = format!("`{one}` and `{other}` are the same Gateway, {}", gateway.address.value);
            let help = "Give it one section: all programs share it, and two would take each other's sessions.";
            return Err(Problem::at(None, message, help));
        }
        let Listen::At(proxy) = gateway.proxy.listen.value else { continue };
        let itself = settings.gateways.iter().find(|other| {
            other.address.value.port == proxy.port()
                && other.address.value.host.parse().is_ok_and(|host: IpAddr| host == proxy.ip())
        });
        if let Some(itself) = itself {
            let message =
                format!("programs of `{}` would connect at {proxy}, the Gateway's own port", gateway.name.value);
            let help = format!("Let `listen` differ from the address of `{}`.", itself.name.value);
            return Err(Problem::at(None, message, help));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
