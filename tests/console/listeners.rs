//! Where the console listens: on loopback, or where tokens are safe on their way.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use weir_tests::{Authority, Scratch, Service, run, wait_for, weir};

use crate::client::Client;
use crate::world::ADMIN;

/// A console before nobody.
fn config(scratch: &Scratch, listen: &str, keys: &str) -> std::path::PathBuf {
    scratch.write("admin.token", ADMIN);
    let folder = scratch.folder().display();
    let text = format!(
        "[rpc]\nplaintext = true\n[telemetry]\nlog_form = \"json\"\n\
         [console]\nlisten = \"{listen}\"\nadmin_listen = \"127.0.0.1:0\"\n\
         discovery = \"http://127.0.0.1:9\"\nenrichers = [\"http://127.0.0.1:9\"]\n\
         exporters = [\"http://127.0.0.1:9\"]\n\
         admin_token_file = \"{folder}/admin.token\"\n{keys}\n"
    );
    scratch.write("console.toml", text)
}

#[test]
fn an_address_that_others_reach_is_refused_in_plaintext() {
    let scratch = Scratch::new();
    let config = config(&scratch, "0.0.0.0:0", "");
    for command in ["console", "check"] {
        let refused = run(weir(command).arg("--config").arg(&config)).ended_with(64);
        refused.says(&["console.listen", "plaintext", "certificate_file", "trusted_proxies"]);
    }
}

#[test]
fn a_console_without_a_token_does_not_start() {
    let scratch = Scratch::new();
    let path = config(&scratch, "127.0.0.1:0", "");
    scratch.write("admin.token", "short");
    for command in ["console", "check"] {
        let refused = run(weir(command).arg("--config").arg(&path)).ended_with(64);
        refused.says(&["too short", "openssl rand -base64 32"]);
    }
    let none = scratch.write("none.toml", "[rpc]\nplaintext = true\n");
    let refused = run(weir("console").arg("--config").arg(none)).ended_with(64);
    refused.says(&["there is no [console]", "admin_token_file"]);
}

#[test]
fn screens_say_who_does_not_answer_and_health_is_of_the_console_itself() {
    let scratch = Scratch::new();
    let config = config(&scratch, "127.0.0.1:0", "");
    let mut console = Service::start("console", "console", &[], &config);
    console.wait_until_serving();
    let admin = Client::nobody(console.addresses().data.unwrap()).sign_in(ADMIN);
    for page in ["/", "/accounts", "/run", "/exporters", "/inputs", "/settings", "/leases"] {
        let page = admin.get(page).is(200).body;
        assert!(page.contains("no answer") || page.contains("Nobody has answered"), "{page}");
    }
    assert_eq!(console.terminate(), Some(0), "{}", console.log());
}

#[test]
fn proxies_that_are_trusted_are_answered_and_nobody_else() {
    let scratch = Scratch::new();
    let config = config(&scratch, "0.0.0.0:0", "trusted_proxies = [\"127.0.0.1\"]");
    let mut console = Service::start("console", "console", &[], &config);
    let port = console.addresses().data.unwrap().port();
    let proxy = Client::nobody(([127, 0, 0, 1], port).into()).with("X-Forwarded-For", "192.0.2.7");
    let answer = proxy.post("/sign-in", &[("token", ADMIN)]).is(303);
    assert!(answer.header("set-cookie").starts_with("__Host-weir-session="));
    assert!(answer.header("set-cookie").contains("; Secure"));
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    console.wait_until_logged("192.0.2.7");
    // Another address of this host, which is no proxy.
    let stranger = std::net::SocketAddr::from(([127, 0, 0, 2], port));
    let refused = from([127, 0, 0, 2], stranger);
    assert!(
        refused.starts_with("HTTP/1.1 403") && refused.contains("through the proxy"),
        "{refused}"
    );
    assert_eq!(console.terminate(), Some(0), "{}", console.log());
}

/// Asks for a page from another address of loopback.
fn from(local: [u8; 4], to: std::net::SocketAddr) -> String {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from((local, 0)).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: weir\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn over_tls_a_renewed_certificate_counts_and_cookies_are_secure() {
    let scratch = Scratch::new();
    let (authority, other) = (Authority::new(), Authority::new());
    let folder = authority.issue(&scratch, "weir", &authority);
    let keys = format!(
        "certificate_file = \"{0}/cert.pem\"\nkey_file = \"{0}/key.pem\"",
        folder.display()
    );
    let config = config(&scratch, "0.0.0.0:0", &keys);
    let mut console = Service::start("console", "console", &[], &config);
    let port = console.addresses().data.unwrap().port();
    let sign_in = |trusted: &str| {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--include", "--cacert", trusted]);
        command.args(["--data-urlencode", &format!("token={ADMIN}")]);
        run(command.arg(format!("https://127.0.0.1:{port}/sign-in")))
    };
    let trusted = folder.join("ca.pem").display().to_string();
    let signed_in = sign_in(&trusted).ended_with(0).stdout;
    assert!(signed_in.contains("303") && signed_in.contains("__Host-weir-session="), "{signed_in}");
    assert!(signed_in.contains("; Secure"), "{signed_in}");

    let renewed = other.issue(&scratch, "renewed", &other);
    for file in ["cert.pem", "key.pem"] {
        std::fs::copy(renewed.join(file), folder.join(file)).unwrap();
    }
    let trusted = renewed.join("ca.pem").display().to_string();
    wait_for("the renewed certificate", || (sign_in(&trusted).code == Some(0)).then_some(()));
    assert_eq!(console.terminate(), Some(0), "{}", console.log());
}
