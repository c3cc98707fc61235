//! Reading values out of a file and the environment.

use std::time::Duration;

use super::*;

const PORTS: NumberRange = NumberRange { least: 1, most: 65535, unit: "ports" };
const DAY: Duration = Duration::from_secs(86_400);
const TIMES: DurationRange = DurationRange { least: Duration::from_millis(500), most: DAY };

#[derive(Debug, Default, PartialEq)]
struct Sample {
    name: Option<String>,
    port: Option<u64>,
    wait: Option<Duration>,
    is_loud: Option<bool>,
    tags: Option<Vec<String>>,
    peers: Option<Vec<Option<u64>>>,
}

fn short(text: &str) -> Result<String, &'static str> {
    if text.len() < 9 { Ok(text.to_owned()) } else { Err("give at most 8 letters") }
}

fn sample(root: &mut Section<'_>) -> Sample {
    root.section("main", |main| Sample {
        name: main.text("name", short),
        port: main.number("port", &PORTS),
        wait: main.duration("wait", &TIMES),
        is_loud: main.switch("is_loud"),
        tags: main.texts("tags", short),
        peers: main.sections("peers", |peer| {
            peer.require("port", PORTS);
            peer.number("port", &PORTS)
        }),
    })
}

fn read_sample(text: &str, variables: &[(&str, &str)]) -> Result<Sample, InvalidConfig> {
    let variables =
        variables.iter().map(|(name, value)| (String::from(*name), String::from(*value)));
    read("x.toml", text, &variables.collect(), sample)
}

#[track_caller]
fn problems(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    read_sample(text, variables).unwrap_err().problems().to_vec()
}

#[test]
fn every_kind_of_value_is_read() {
    let text = "[main]\nname = 'web'\nport = 80\nwait = '10m'\nis_loud = true\ntags = ['a', 'b']\n\
                [[main.peers]]\nport = 1\n[[main.peers]]\nport = 2";
    let expected = Sample {
        name: Some("web".to_owned()),
        port: Some(80),
        wait: Some(Duration::from_secs(600)),
        is_loud: Some(true),
        tags: Some(vec!["a".to_owned(), "b".to_owned()]),
        peers: Some(vec![Some(1), Some(2)]),
    };
    assert_eq!(read_sample(text, &[]), Ok(expected));
}

#[test]
fn missing_keys_and_sections_are_none() {
    assert_eq!(read_sample("", &[]), Ok(Sample::default()));
}

#[test]
fn all_problems_are_reported_at_once_with_key_and_accepted_form() {
    let text = "top = 1\n[main]\nname = 'much too long'\nport = 0\nwait = '1 week'\n\
                is_loud = 'yes'\ntags = ['a', 5, 'much too long']\nnam = 'web'\n\
                [[main.peers]]\nport = 1.5\n[[main.peers]]";
    let expected = [
        "x.toml: main.name: \"much too long\" is refused: give at most 8 letters",
        "x.toml: main.port: 0 is out of range: give 1 to 65535 ports",
        "x.toml: main.wait: \"1 week\" is refused: give a time from 500ms to 1d, such as 600s or 10m",
        "x.toml: main.is_loud: \"yes\" is no switch: give true or false",
        "x.toml: main.tags[1]: 5 is no string: write it in quotes",
        "x.toml: main.tags[2]: \"much too long\" is refused: give at most 8 letters",
        "x.toml: main.peers[0].port: 1.5 is no whole number: give 1 to 65535 ports",
        "x.toml: main.peers[1].port: missing: give 1 to 65535 ports",
        "x.toml: main.nam: unknown key: did you mean name?",
        "x.toml: top: unknown key: known here are main",
    ];
    assert_eq!(problems(text, &[]), expected);
}

#[test]
fn values_of_another_shape_are_refused() {
    assert_eq!(problems("main = 1", &[]), ["x.toml: main: 1 is no section: write [main]"]);
    let all = problems("[main]\npeers = [1]", &[]);
    assert_eq!(all, ["x.toml: main.peers[0]: 1 is no section: write [[main.peers]]"]);
    let text = "[main]\ntags = 'a'\npeers = {}";
    let expected = [
        "x.toml: main.tags: \"a\" is no list: write [\"…\", \"…\"]",
        "x.toml: main.peers: {…} is no list: write [[main.peers]]",
    ];
    assert_eq!(problems(text, &[]), expected);
}

#[test]
fn what_is_no_toml_is_refused_with_its_line() {
    let all = problems("[main]\nname = web\n", &[]);
    assert!(
        matches!(&all[..], [one] if one.starts_with("x.toml: line 2: `name = web` is no TOML: ")),
        "{all:?}"
    );
}

#[test]
fn a_refused_value_cannot_break_the_line() {
    let error = read_sample("[main]\nname = \"a\\n\\u001b much too long\"", &[]).unwrap_err();
    let line = error.to_string();
    assert!(!line.contains(char::is_control), "{line}");
}

#[test]
fn variables_override_the_file() {
    let variables = [
        ("WEIR__MAIN__PORT", "81"),
        ("WEIR__MAIN__WAIT", "500ms"),
        ("WEIR__MAIN__TAGS", "['c']"),
        ("WEIR__MAIN__PEERS", "[{port = 3}]"),
        ("WEIR_OTHER", "not meant"),
    ];
    let read = read_sample("[main]\nport = 80\n[[main.peers]]\nport = 1", &variables).unwrap();
    let expected = Sample {
        port: Some(81),
        wait: Some(Duration::from_millis(500)),
        tags: Some(vec!["c".to_owned()]),
        peers: Some(vec![Some(3)]),
        ..Sample::default()
    };
    assert_eq!(read, expected);
}

#[test]
fn a_variable_for_a_string_is_taken_as_it_stands() {
    for text in ["2024", "web", "'web'x", "true"] {
        let read = read_sample("", &[("WEIR__MAIN__NAME", text)]).unwrap();
        assert_eq!(read.name.as_deref(), Some(text));
    }
}

#[test]
fn problems_of_variables_are_reported_under_their_names() {
    let variables = [
        ("WEIR__MAIN__PEERS", "[{port = 0}]"),
        ("WEIR__MAIN__PORT", "many"),
        ("WEIR__MAIN__PORTS", "1"),
        ("WEIR__NOWHERE", "1"),
    ];
    let expected = [
        "WEIR__MAIN__PORT: main.port: \"many\" is no whole number: give 1 to 65535 ports",
        "WEIR__MAIN__PEERS: main.peers[0].port: 0 is out of range: give 1 to 65535 ports",
        "WEIR__MAIN__PORTS: main.ports: unknown key: did you mean port?",
        "WEIR__NOWHERE: nowhere: unknown key: known here are main",
    ];
    assert_eq!(problems("", &variables), expected);
}

#[test]
fn a_variable_cannot_reach_into_a_list() {
    let all = problems("[[main.peers]]\nport = 1", &[("WEIR__MAIN__PEERS__0__PORT", "2")]);
    let expected = "WEIR__MAIN__PEERS__0__PORT: main.peers.0.port: no such key: a list is given \
                    whole, as a TOML array";
    assert_eq!(all, [expected]);
}

#[test]
fn times_read_back_as_they_are_written() {
    for text in ["500ms", "1500ms", "1s", "90s", "10m", "23h", "1d"] {
        assert_eq!(duration_text(TIMES.parse(text).unwrap()), text);
    }
    for text in ["", "s", "10", "-1s", "1.5s", "25h", "499ms", "99999999999999999999d"] {
        assert!(TIMES.parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_a_problem() {
    let error = load(Path::new("/nonexistent/x.toml"), sample).unwrap_err().to_string();
    assert!(error.starts_with("/nonexistent/x.toml: cannot be read: "), "{error}");
}
