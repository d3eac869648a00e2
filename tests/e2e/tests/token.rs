//! `guassp token new`, with nothing set.

use std::process::Output;

use e2e::binary::guassp;
use gateway::caller::PersonTokens;
use serde_json::Value;
use tokio::process::Command;

async fn token(arguments: &[&str]) -> Output {
    let mut command = Command::new(guassp());
    command.args(["token", "new"]).args(arguments).env_clear().output().await.expect("guassp")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn a_new_token_is_shown_once_with_the_entry_that_makes_it_good() {
    let output = token(&["ann@example.com", "--role", "operator"]).await;
    assert!(output.status.success(), "{output:?}");
    let said = text(&output.stdout);
    assert!(said.contains("only now") && said.contains("GUASSP_TOKENS"), "{said}");
    let printed: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let [token, entry] = printed.as_slice() else { panic!("{said}") };
    assert_eq!((token.len(), token.strip_prefix("guassp_").map(str::len)), (50, Some(43)));
    assert!(entry.starts_with("ann@example.com:operator:") && !entry.contains(token), "{entry}");
    entry.parse::<PersonTokens>().expect("an entry");
    assert!(output.stderr.is_empty());
}

#[tokio::test]
async fn scripts_get_json() {
    let output = token(&["bob", "--role=viewer", "--output", "json"]).await;
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&said["name"], &said["role"]), (&"bob".into(), &"viewer".into()));
    assert!(said["token"].as_str().is_some_and(|token| token.starts_with("guassp_")), "{said}");
    assert!(said["entry"].as_str().is_some_and(|entry| entry.starts_with("bob:viewer:")), "{said}");
}

#[tokio::test]
async fn a_wrong_name_or_role_makes_no_token() {
    for (arguments, says) in [
        (&["a b", "--role", "viewer"][..], "has a name that is not 1 to 64 letters, digits or ._@-"),
        (&["", "--role", "viewer"], "has a name"),
        (&["a:operator", "--role", "viewer"], "has a name"),
        (&["ann", "--role", "admin"], "it is viewer or operator"),
        (&["ann"], "--role"),
    ] {
        let output = token(arguments).await;
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}: {output:?}");
        assert!(text(&output.stderr).contains(says), "{arguments:?}: {output:?}");
    }
}
