//! The administrator's token of a fresh SonarQube.

use crate::http;
use anyhow::{Context, Result};
use serde_json::Value;

/// `admin:admin`, the account of every fresh installation. The forced change of that password
/// concerns people in a browser, not the API.
const FRESH_ADMINISTRATOR: &str = "Basic YWRtaW46YWRtaW4=";

/// Makes a user token: the only kind that may change permissions.
pub(super) fn generate(url: &str) -> Result<String> {
    let headers =
        [("Authorization", FRESH_ADMINISTRATOR), ("Content-Type", "application/x-www-form-urlencoded")];
    let url = format!("{url}/api/user_tokens/generate");
    let answer = http::call("POST", &url, &headers, "name=guassp-xtask&type=USER_TOKEN")?;
    let json = answer.json().context("SonarQube gave no administrator's token")?;
    let token = json.get("token").and_then(Value::as_str);
    token.map(str::to_owned).context("the answer to user_tokens/generate has no token")
}
