//! What a configuration says of security.

use weir_rpc::tls::{Callers, CertificateFiles, Security};
use weir_runtime::config::{Environment, read};

fn security(text: &str) -> Result<Security, Vec<String>> {
    let text = format!("[rpc]\n{text}");
    let read =
        read("x.toml", &text, &Environment::default(), |root| root.section("rpc", Security::read));
    read.map(Option::unwrap).map_err(|invalid| invalid.problems().to_vec())
}

#[test]
fn plaintext_and_certificates_are_read() {
    assert_eq!(security("plaintext = true"), Ok(Security::Plaintext));
    let files = CertificateFiles {
        ca_file: "a".into(),
        certificate_file: "b".into(),
        key_file: "c".into(),
        callers: Callers::default(),
    };
    let text = "ca_file = 'a'\ncertificate_file = 'b'\nkey_file = 'c'";
    assert_eq!(security(text), Ok(Security::Mutual(files.clone())));
    let text = format!("{text}\nplaintext = false");
    assert_eq!(security(&text), Ok(Security::Mutual(files)));
}

#[test]
fn callers_are_read_where_there_are_certificates() {
    let text = "ca_file = 'a'\ncertificate_file = 'b'\nkey_file = 'c'";
    let callers = "data_callers = ['weir://enricher']\nadmin_callers = ['operator']";
    let Ok(Security::Mutual(files)) = security(&format!("{text}\n{callers}")) else {
        panic!("it is refused");
    };
    assert_eq!(files.callers.data, ["weir://enricher"]);
    assert_eq!(files.callers.admin, ["operator"]);
    let expected = "x.toml: rpc.plaintext: callers have names in certificates alone: give these";
    let refused = security(&format!("plaintext = true\n{callers}"));
    assert_eq!(refused, Err(vec![expected.to_owned()]));
}

#[test]
fn there_is_no_default() {
    for text in ["", "plaintext = false"] {
        let expected = "x.toml: rpc.ca_file: missing: give ca_file, certificate_file and key_file \
                        for mutual TLS, or plaintext = true to go without any protection";
        assert_eq!(security(text), Err(vec![expected.to_owned()]));
    }
}

#[test]
fn half_of_it_is_refused() {
    let expected = "x.toml: rpc.key_file: missing: mutual TLS needs all three files";
    let text = "ca_file = 'a'\ncertificate_file = 'b'";
    assert_eq!(security(text), Err(vec![expected.to_owned()]));
    let expected = "x.toml: rpc.plaintext: plaintext needs no certificates: give one or the other";
    let text = "plaintext = true\nca_file = 'a'";
    assert_eq!(security(text), Err(vec![expected.to_owned()]));
}
