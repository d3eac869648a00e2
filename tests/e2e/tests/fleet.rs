//! The three services as processes that a test kills, each on a wire of its own to nats-server.

use std::collections::BTreeMap;

use e2e::{
    Scene, Settings, Target,
    binary::{self, Process},
    wire::Wire,
};

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Gateway,
    Resolver,
    Applier,
}

impl Role {
    pub(crate) const ALL: [Self; 3] = [Self::Gateway, Self::Resolver, Self::Applier];

    const fn command(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Resolver => "resolver",
            Self::Applier => "applier",
        }
    }
}

/// The processes.
#[derive(Debug)]
pub(crate) struct Fleet {
    environment: Vec<(String, String)>,
    wires: BTreeMap<Role, Wire>,
    running: BTreeMap<Role, Process>,
}

impl Fleet {
    /// A scene whose services stopped before they had anything to do, and none of their processes yet.
    pub(crate) async fn none(settings: Settings, more: &[(&str, &str)]) -> (Scene, Self) {
        let mut scene = Scene::with(&Target::Model, settings).await;
        assert!(scene.stack.stop().await);
        let environment = scene.environment(more);
        let (status, said) = binary::run(&["topology"], &environment).await;
        assert!(status.success(), "{said}");
        let mut wires = BTreeMap::new();
        for role in Role::ALL {
            wires.insert(role, Wire::start(scene.nats.url()).await);
        }
        let port = environment.iter().find(|(name, _)| name == "LISTEN_PORT").map(|(_, port)| port.clone());
        scene.stack.gateway = format!("http://127.0.0.1:{}", port.expect("a port"));
        (scene, Self { environment, wires, running: BTreeMap::new() })
    }

    /// Starts the roles that do not run.
    pub(crate) fn start(&mut self, roles: &[Role]) {
        for role in roles {
            let process = self.running.remove(role).unwrap_or_else(|| self.process(*role));
            self.running.insert(*role, process);
        }
    }

    /// One more process of a role, beside the one that runs.
    pub(crate) fn process(&self, role: Role) -> Process {
        self.process_with(role, &[])
    }

    /// The same with `more` variables.
    pub(crate) fn process_with(&self, role: Role, more: &[(&str, &str)]) -> Process {
        let mut environment = self.environment.clone();
        environment.push(("NATS_URL".to_owned(), self.wire(role).url().to_owned()));
        environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Process::start(&[role.command()], &environment)
    }

    /// `kill -9`.
    pub(crate) async fn kill(&mut self, role: Role) {
        if let Some(process) = self.running.remove(&role) {
            process.kill().await;
        }
    }

    pub(crate) fn wire(&self, role: Role) -> &Wire {
        self.wires.get(&role).expect("a wire for each role")
    }

    pub(crate) fn id(&self, role: Role) -> Option<u32> {
        self.running.get(&role)?.id()
    }
}
