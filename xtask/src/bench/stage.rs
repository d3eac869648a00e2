//! What stands around resolver and applier: the sandbox with its world, nats-server and gateway, and an operator who asks
//! for tasks.

use super::api::Api;
use super::broker::Broker;
use super::gateway::Gateway;
use super::programs::Programs;
use super::sandbox::{Sandbox, System};
use super::service::{self, Service};
use crate::operator::Operator;
use anyhow::{Context, Result};
use serde_json::Value;

/// The gateway asks for no task by itself, as it otherwise would for projects that were never read.
const ONLY_THE_OPERATOR: (&str, &str) = ("GUASSP_RECONCILE__EVERY", "0");

/// All of it, running; what needs something else stops before it.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    pub(super) api: Api,
    /// GitLab's ids of the projects in the world.
    pub(super) projects: Vec<u64>,
    _gateway: Gateway,
    pub(super) broker: Broker,
    pub(super) sandbox: Sandbox,
    programs: &'a Programs,
}

impl<'a> Stage<'a> {
    /// Starts it with a world of the sandbox.
    pub(super) fn start(programs: &'a Programs, world: &str) -> Result<Self> {
        let workspace = &programs.workspace;
        let operator = Operator::new(&workspace.built_release("guassp"), "bench")?;
        let sandbox = Sandbox::start(workspace, &["--world", world])?;
        let broker = Broker::start(&programs.nats_server)?;
        service::create_topology(workspace, &broker)?;
        let settings = [("GUASSP_TOKENS", operator.entry.as_str()), ONLY_THE_OPERATOR];
        let gateway = Gateway::start(workspace, &broker, &sandbox, &settings)?;
        let projects = sandbox.about.get("projects").and_then(Value::as_array);
        let projects = projects.context("the sandbox named no projects")?.iter();
        let projects = projects.filter_map(Value::as_u64).collect();
        let api = Api::new(&gateway.url, &operator);
        Ok(Self { api, projects, _gateway: gateway, broker, sandbox, programs })
    }

    /// The project of a world that has one.
    pub(super) fn project(&self) -> Result<u64> {
        self.projects.first().copied().context("the world has no project")
    }

    /// Starts a resolver, with more settings if any are given.
    pub(super) fn resolver(&self, more: &[(&str, &str)]) -> Result<Service> {
        let gitlab = &self.sandbox.gitlab;
        let settings = [("GITLAB_URL", gitlab.url.as_str()), ("GITLAB_TOKEN", gitlab.token.as_str())];
        self.service("resolver", &[&settings, more].concat())
    }

    /// Starts an applier for this SonarQube, with more settings if any are given.
    pub(super) fn applier(&self, sonarqube: &System, more: &[(&str, &str)]) -> Result<Service> {
        let settings =
            [("SONARQUBE_URL", sonarqube.url.as_str()), ("SONARQUBE_TOKEN", sonarqube.token.as_str())];
        self.service("applier", &[&settings, more].concat())
    }

    fn service(&self, role: &str, settings: &[(&str, &str)]) -> Result<Service> {
        Service::start(&self.programs.workspace, &self.broker, role, settings)
    }
}
