//! Text to sections, with the place and a suggestion where that fails. Pure.

use super::file::File;
use super::problem::Problem;
use super::suggest::nearest;

/// Reads a file's text.
///
/// # Errors
///
/// The first thing that is wrong with it: bad TOML, an unknown or repeated key, a value of the wrong kind.
pub(super) fn parse(text: &str) -> Result<File, Problem> {
    toml::from_str(text).map_err(|error| {
        let at = error.span();
        let key = at.clone().and_then(|at| text.get(at)).unwrap_or_default().to_owned();
        problem(error.message(), &key, at)
    })
}

fn problem(message: &str, key: &str, at: Option<std::ops::Range<usize>>) -> Problem {
    if message == "duplicate key" {
        let help = "Keep one of the two; which one was meant is not for a program to guess.";
        return Problem::at(at, format!("`{key}` is given twice"), help);
    }
    if message == "invalid type: map, expected a sequence" {
        let help = "Write [[gateway]], with two brackets on each side: there may be several.";
        return Problem::at(at, "a Gateway's section begins otherwise", help);
    }
    let Some((unknown, expected)) = unknown_field(message) else {
        let quoted = message.ends_with("expected a string");
        let example = "`gatewright config example` shows every setting with its form.";
        return Problem::at(at, message, if quoted { "Write it in quotes, as in \"60s\"." } else { example });
    };
    let help = match nearest(unknown, expected.iter().copied()) {
        Some(meant) => format!("Did you mean `{meant}`?"),
        None => format!("There are: {}.", expected.join(", ")),
    };
    Problem::at(at, format!("there is no setting `{unknown}` here"), help)
}

/// The words of serde's message about an unknown key: the key, and those that are known.
fn unknown_field(message: &str) -> Option<(&str, Vec<&str>)> {
    let mut quoted = message.strip_prefix("unknown field `")?.split('`');
    let unknown = quoted.next()?;
    Some((unknown, quoted.skip(1).step_by(2).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem_of(text: &str) -> (String, String, String) {
        let problem = parse(text).unwrap_err();
        let at = problem.at.map(|at| text[at].to_owned()).unwrap_or_default();
        (problem.message, at, problem.help)
    }

    fn told(message: &str, at: &str, help: &str) -> (String, String, String) {
        (message.into(), at.into(), help.into())
    }

    #[test]
    fn an_unknown_key_is_named_with_what_was_meant() {
        assert_eq!(
            problem_of("[[gateway]]\nadress = \"127.0.0.1:4002\"\n"),
            told("there is no setting `adress` here", "adress", "Did you mean `address`?")
        );
        assert_eq!(
            problem_of("[[gateway]]\n[gateway.proxy]\nlitsen = \"off\"\n"),
            told("there is no setting `litsen` here", "litsen", "Did you mean `listen`?")
        );
        assert_eq!(
            problem_of("[http]\ncolour = 1\n"),
            told("there is no setting `colour` here", "colour", "There are: listen.")
        );
    }

    #[test]
    fn a_repeated_key_or_section_is_refused_where_it_stands() {
        let (message, at, _) = problem_of("[[gateway]]\nname = \"a\"\nname = \"b\"\n");
        assert_eq!((message.as_str(), at.as_str()), ("`name` is given twice", "name"));
        let (message, at, _) = problem_of("[http]\n[http]\n");
        assert_eq!((message.as_str(), at.as_str()), ("`http` is given twice", "http"));
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_shown() {
        let (message, at, _) = problem_of("[[gateway]]\nlive = \"yes\"\n");
        assert_eq!((message.as_str(), at.as_str()), ("invalid type: string \"yes\", expected a boolean", "\"yes\""));
        let (_, at, help) = problem_of("[[gateway]]\n[gateway.proxy]\npark = 60\n");
        assert!(at == "60" && help.starts_with("Write it in quotes"), "{help}");
        let (_, at, help) = problem_of("[gateway]\naddress = \"127.0.0.1:4002\"\n");
        assert!(at == "[gateway]" && help.contains("[[gateway]]"), "{at}: {help}");
        let (message, at, _) = problem_of("[[gateway]]\n[gateway.proxy]\nread_only = \"all\"\n");
        assert!(message.starts_with("read_only is true, false"), "{message}");
        assert_eq!(at, "\"all\"");
    }

    #[test]
    fn the_example_is_read_as_it_stands_and_with_everything_in_force() {
        parse(super::super::EXAMPLE).unwrap();
        // A commented-out setting is one that TOML would take; prose is not.
        let setting = |line: &str| line.contains(" = ") || line.starts_with('[');
        let all: String = super::super::EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|line| setting(line)).unwrap_or(line).to_owned() + "\n")
            .collect();
        let file = parse(&all).unwrap();
        assert_eq!(file.gateway.len(), 2);
        assert!(file.alert.is_some() && file.state.is_some() && file.gateway[0].ibc.is_some());
    }
}
