//! What must not work.

use std::fs;

use weir_tests::wait_for;

use crate::client::Client;
use crate::world::{ADMIN, VIEWER, World};

/// Screens and what they send on.
const PAGES: [&str; 11] = [
    "/",
    "/accounts",
    "/run",
    "/exporters",
    "/inputs",
    "/settings",
    "/inventory",
    "/explain",
    "/leases",
    "/live",
    "/run/live",
];

/// Every address that changes something.
const CHANGES: [&str; 13] = [
    "/accounts/profile",
    "/accounts/roles",
    "/accounts/test",
    "/accounts/remove",
    "/run",
    "/exporters/set",
    "/exporters/clear",
    "/inputs/enable",
    "/inputs/disable",
    "/inputs/rules/set",
    "/settings",
    "/settings/reset",
    "/leases/position",
];

const RATE: [(&str, &str); 2] = [("records_per_second", "77"), ("was.records_per_second", "0")];

#[test]
fn attacks_are_refused_and_change_nothing() {
    let world = World::start("");
    let nobody = Client::nobody(world.address());
    let admin = nobody.clone().sign_in(ADMIN);
    let viewer = nobody.clone().sign_in(VIEWER);
    without_a_session(&nobody);
    forged(&admin);
    wrong_role(&viewer);
    too_large(&admin);
    assert!(!admin.get("/settings").body.contains("value=\"77\""), "nothing was set");
    // The same form with all that it takes.
    assert_eq!(admin.submit("/settings", &RATE).is(303).header("location"), "/settings");
    assert!(admin.get("/settings").body.contains("value=\"77\""));
    world.console.wait_until_logged("a change was made");
    script_in_a_name(&admin, &world);
    secrets(&admin, &world);
    signing_out(&admin);
    replaced_token(&viewer, &world);
    world.end();
}

fn without_a_session(nobody: &Client) {
    for page in PAGES {
        let answer = nobody.get(page);
        let is_refused = answer.asks_to_sign_in() || answer.status == 401;
        assert!(is_refused, "{page}: {}", answer.status);
        assert!(!answer.body.contains("<table"), "{page}");
    }
    for address in CHANGES {
        assert!(nobody.post(address, &RATE).asks_to_sign_in(), "{address}");
    }
    for cookie in ["weir-session=", "weir-session=00", "other=1", "weir-session=\u{e4}"] {
        let guess = nobody.clone().with("Cookie", cookie);
        assert!(guess.get("/").asks_to_sign_in(), "{cookie}");
    }
    for token in ["", "the-token-of-admins-123", "the-token-of-admins-12345"] {
        let answer = nobody.post("/sign-in", &[("token", token)]);
        assert_eq!((answer.status, answer.header("set-cookie")), (401, ""), "{token}");
    }
    let page = nobody.get("/sign-in?next=//evil.example").is(200);
    assert!(!page.body.contains("evil.example"));
    for (header, expected) in [
        ("content-security-policy", "default-src 'none'; script-src 'self'; style-src 'self'"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
    ] {
        assert!(page.header(header).starts_with(expected), "{header}");
    }
    assert!(!page.header("content-security-policy").contains("unsafe"));
    assert!(nobody.get("/nowhere").asks_to_sign_in());
    nobody.get("/assets/console-0000000000000000.css").is(404);
    assert!(nobody.get("/assets/../Cargo.toml").asks_to_sign_in());
}

fn forged(admin: &Client) {
    let mut wrong = admin.csrf();
    wrong.replace_range(0..1, if wrong.starts_with('0') { "1" } else { "0" });
    for address in CHANGES {
        admin.post(address, &RATE).is(403);
        admin.post(address, &[&[("csrf", wrong.as_str())], &RATE[..]].concat()).is(403);
    }
    // With the right token, but from elsewhere.
    for (name, value) in
        [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example"), ("Origin", "null")]
    {
        admin.clone().with(name, value).submit("/settings", &RATE).is(403);
        admin.clone().with(name, value).post("/sign-in", &[("token", ADMIN)]).is(403);
    }
    // No form at all.
    assert_eq!(admin.get("/settings?records_per_second=77").is(200).header("location"), "");
    assert!(matches!(admin.get("/settings/reset").status, 404 | 405));
}

fn wrong_role(viewer: &Client) {
    for page in PAGES.into_iter().filter(|page| !page.ends_with("/live")) {
        let page = viewer.get(page).is(200).body;
        let forms = page.matches("method=\"post\"").count();
        let may = page.matches("action=\"/sign-out\"").count()
            + page.matches("method=\"post\" action=\"/explain\"").count();
        assert_eq!(forms, may, "a viewer is offered what would be refused");
    }
    for address in CHANGES {
        let refused = viewer.submit(address, &RATE).is(403);
        assert!(refused.body.contains("You may look, not change"), "{address}");
    }
    let line = "2 123456789010 eni-1 10.0.0.5 10.0.1.7 443 49152 6 9 840 1 2 ACCEPT OK";
    assert_ne!(viewer.submit("/explain", &[("line", line)]).status, 403);
}

fn too_large(admin: &Client) {
    const TEN_MEGABYTES: usize = 10_000_000;
    for is_announced in [true, false] {
        let refused = admin.flood("/settings", TEN_MEGABYTES, is_announced).is(413);
        assert!(refused.body.contains("At most 256 KiB"), "{}", refused.body);
    }
    let many = "x".repeat(100_000);
    let long = admin.get(&format!("/inventory?q={many}"));
    assert!(matches!(long.status, 400 | 414 | 431), "{}", long.status);
}

fn script_in_a_name(admin: &Client, world: &World) {
    let added = [
        ("name", "prod"),
        ("access_key_id", "AKIAIOSFODNN7EXAMPLE"),
        ("secret_access_key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ];
    admin.submit("/accounts/profile", &added).is(303);
    admin.submit("/run", &[]).is(303);
    let found = wait_for("the sweep", || {
        let page = admin.get("/inventory?q=script").is(200).body;
        page.contains("document.title").then_some(page)
    });
    let instance = world.made["instances"][1]["id"].as_str().unwrap();
    assert!(found.contains(instance), "{found}");
    assert!(found.contains("&lt;script&gt;document.title="), "{found}");
    assert!(!found.contains("<script>"), "{found}");
    // What somebody asks for comes back on the page too.
    let asked = "%3Cscript%3Ealert(1)%3C/script%3E%22%20autofocus%20onfocus=alert(2)";
    for page in [format!("/inventory?q={asked}"), format!("/explain?address={asked}")] {
        let page = admin.get(&page).body;
        assert!(!page.contains("<script>alert") && !page.contains("\" autofocus"), "{page}");
    }
    let answer = admin.submit("/settings", &[("cron", "\"><script>alert(1)</script>")]).is(422);
    assert!(!answer.body.contains("<script>alert"), "{}", answer.body);
}

fn secrets(admin: &Client, world: &World) {
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEX";
    let again = [
        ("name", "prod"),
        ("access_key_id", "AKIAIOSFODNN7EXAMPLE"),
        ("secret_access_key", SECRET),
    ];
    let refused = admin.submit("/accounts/profile", &again).is(422);
    assert!(refused.body.contains("there is a profile"), "{}", refused.body);
    for page in PAGES.into_iter().filter(|page| !page.ends_with("/live")) {
        let page = admin.get(page).body;
        assert!(!page.contains(SECRET) && !page.contains("EXAMPLEKEY"), "a secret is shown");
    }
    assert!(!refused.body.contains(SECRET) && !refused.body.contains("EXAMPLEKEY"));
    for secret in [SECRET, "EXAMPLEKEY", ADMIN, VIEWER] {
        assert!(!world.console.has_logged(secret), "a secret is in the log");
    }
}

fn signing_out(admin: &Client) {
    let out = admin.submit("/sign-out", &[]).is(303);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert!(admin.get("/").asks_to_sign_in());
}

fn replaced_token(viewer: &Client, world: &World) {
    assert_eq!(viewer.get("/").status, 200);
    fs::write(world.scratch.path("viewer.token"), "another-token-of-viewers").unwrap();
    wait_for("the session to end with its token", || {
        viewer.get("/").asks_to_sign_in().then_some(())
    });
    let nobody = Client::nobody(world.address());
    assert_ne!(nobody.post("/sign-in", &[("token", VIEWER)]).status, 303);
    // After so many wrong ones the right token has to wait.
    let token = [("token", "another-token-of-viewers")];
    wait_for("the new token to open a session", || {
        (nobody.post("/sign-in", &token).status == 303).then_some(())
    });
}

#[test]
fn sessions_end_and_guessing_is_slowed() {
    let world = World::start("session_idle = \"2s\"\nsession_lifetime = \"1h\"");
    let nobody = Client::nobody(world.address());
    let admin = nobody.clone().sign_in(ADMIN);
    let csrf = admin.csrf();
    // A page that shows itself anew does not keep its session alive: this ends when it does.
    let feed = admin.get("/live").is(200);
    assert!(feed.body.contains("data: {\"charts\""), "{}", feed.body);
    assert!(admin.get("/settings").asks_to_sign_in());
    let late = [&[("csrf", csrf.as_str())], &RATE[..]].concat();
    assert!(admin.post("/settings", &late).asks_to_sign_in());

    let mut answers = Vec::new();
    while answers.last() != Some(&429) {
        assert!(answers.len() < 20, "{answers:?}");
        answers.push(nobody.post("/sign-in", &[("token", "a-guess-of-an-attacker")]).status);
    }
    assert!(answers.len() > 3, "people may mistype: {answers:?}");
    // Not even the right token is looked at meanwhile.
    let slowed = nobody.post("/sign-in", &[("token", ADMIN)]);
    assert!(
        slowed.status == 429 && !slowed.header("retry-after").is_empty() || slowed.status == 303
    );
    wait_for("the wait to be over", || {
        (nobody.post("/sign-in", &[("token", ADMIN)]).status == 303).then_some(())
    });
    world.end();
}
