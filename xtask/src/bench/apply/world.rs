//! Makes SonarQube hold the sandbox's world: people who have signed in through GitLab, and a bound project.

use super::gitlab::Member;
use super::server::{Server, each};
use crate::bench::sandbox::System;
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// The platform setting.
const SETTING: &str = "gitlab";

/// What the logins of all people begin with.
pub(super) const LOGIN: &str = "login-";

/// The key of the SonarQube project that is bound to the GitLab project.
pub(super) fn key(project: u64) -> String {
    format!("project-{project}")
}

/// Lets accounts be GitLab's, and projects be bound to it.
pub(super) fn integrate(server: &Server, gitlab: &System) -> Result<()> {
    let System { url, token } = gitlab;
    let sign_in = json!({"enabled": true, "applicationId": "app", "url": url, "secret": "secret",
        "synchronizeGroups": false, "allowedGroups": [], "allowUsersToSignUp": true, "provisioningType": "JIT"});
    server.send("POST", "/api/v2/dop-translation/gitlab-configurations", &sign_in)?.success()?;
    let api = format!("{url}/api/v4");
    let setting = [("key", SETTING), ("url", &api), ("personalAccessToken", token)];
    server.post("/api/alm_settings/create_gitlab", &setting)?.success()?;
    server.post("/api/alm_integrations/set_pat", &[("almSetting", SETTING), ("pat", token)])?.success()?;
    Ok(())
}

/// An account for each, under a login that says nothing about GitLab.
pub(super) fn sign_in(server: &Server, members: &[Member]) -> Result<()> {
    const USERS: &str = "/api/v2/users-management/users";
    each(members, |member| {
        let Member { id, username, .. } = member;
        let account = json!({"login": format!("{LOGIN}{id}"), "name": username, "local": false});
        let made = server.send("POST", USERS, &account)?.json()?;
        let account = made.get("id").and_then(Value::as_str).context("the account has no id")?;
        let identity =
            json!({"externalProvider": "gitlab", "externalLogin": username, "externalId": id.to_string()});
        server.send("PATCH", &format!("{USERS}/{account}"), &identity)?.success()?;
        Ok(())
    })
}

/// A project that is bound to the one of GitLab, which has to be there.
pub(super) fn bind(server: &Server, project: u64) -> Result<()> {
    let settings = server.get("/api/v2/dop-translation/dop-settings", &[])?;
    let setting = settings.pointer("/dopSettings/0/id").context("SonarQube names no platform setting")?;
    let key = key(project);
    let project = json!({"projectKey": key, "projectName": key, "devOpsPlatformSettingId": setting,
        "repositoryIdentifier": project.to_string(), "monorepo": false});
    server.send("POST", "/api/v2/dop-translation/bound-projects", &project)?.success()?;
    Ok(())
}
