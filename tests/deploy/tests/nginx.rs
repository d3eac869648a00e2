//! nginx with the example configuration, as a process of the test in a folder of its own.

use std::{net::SocketAddr, path::Path, process::Stdio};

use e2e::wait;
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use crate::{
    example::{adapt, read},
    gateway::address,
};

/// What the distribution's `nginx.conf` is elsewhere. One process, so that a test that ends it leaves nothing behind.
const MAIN: &str = "
daemon off;
master_process off;
pid nginx.pid;
events { worker_connections 2048; }
http {
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include conf.d/*.conf;
}
";

/// The example, adapted as its comments tell: upstreams, `listen`, and where the logs are.
#[derive(Debug)]
pub(crate) struct Site {
    config: String,
    scheme: &'static str,
    own: SocketAddr,
    beside: SocketAddr,
}

impl Site {
    /// In front of these two gateways and this SonarQube.
    pub(crate) fn new(gateways: [SocketAddr; 2], sonarqube: SocketAddr) -> Self {
        let (own, beside) = (address(), address());
        let mut config = read("deploy/nginx/guassp.conf");
        for (place, gateway) in ["10.0.0.11:5000", "10.0.0.12:5000"].into_iter().zip(gateways) {
            config = adapt(&config, place, &gateway.to_string(), 1);
        }
        config = adapt(&config, "10.0.0.21:9000", &sonarqube.to_string(), 1);
        // Logs go into the test's folder.
        config = adapt(&config, "_log /var/log/nginx/", "_log ", 4);
        config = config.replacen("    listen 80;", &format!("    listen {own};"), 1);
        config = adapt(&config, "    listen 80;", &format!("    listen {beside};"), 1);
        Self { config, scheme: "http", own, beside }
    }

    /// With the lines for TLS in force, and this certificate.
    pub(crate) fn with_tls(mut self, certificate: &Path, key: &Path) -> Self {
        self.scheme = "https";
        self.config = adapt(&self.config, &format!("    listen {};\n", self.own), "", 1);
        self.config = adapt(&self.config, "    # ssl_", "    ssl_", 5);
        self.config = adapt(&self.config, "    # add_header ", "    add_header ", 1);
        self.config = adapt(&self.config, "    # listen 443 ssl", &format!("    listen {} ssl", self.own), 1);
        for (place, file) in [("pem", certificate), ("key", key)] {
            let example = format!("/etc/nginx/tls/guassp.example.com.{place}");
            self.config = adapt(&self.config, &example, &file.display().to_string(), 1);
        }
        self
    }

    /// With the lines for another proxy in front of nginx in force.
    pub(crate) fn behind(mut self, proxy: &str) -> Self {
        let network = format!("    set_real_ip_from {proxy}");
        self.config = adapt(&self.config, "    # set_real_ip_from 10.0.1.0/24", &network, 1);
        self.config = adapt(&self.config, "    # real_ip_", "    real_ip_", 2);
        self
    }

    fn lay_out(&self) -> TempDir {
        let folder = TempDir::new().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        };
        write("nginx.conf", MAIN);
        write("conf.d/guassp.conf", &self.config);
        write("snippets/guassp-proxy.conf", &read("deploy/nginx/guassp-proxy.conf"));
        folder
    }

    /// `nginx -t`: whether it would start, and its words.
    pub(crate) async fn check(&self) -> (bool, String) {
        let folder = self.lay_out();
        let output = nginx(folder.path()).arg("-t").output().await.expect("nginx on PATH");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Starts nginx, and waits until it listens.
    pub(crate) async fn start(self) -> Nginx {
        let folder = self.lay_out();
        let log = std::fs::File::create(folder.path().join("said")).expect("a file");
        let mut command = nginx(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        let child = command.spawn().expect("nginx on PATH");
        let (own, beside) = (format!("{}://{}", self.scheme, self.own), format!("http://{}", self.beside));
        let nginx = Nginx { _child: child, own, beside, folder };
        for address in [self.own, self.beside] {
            wait::until("nginx", async || TcpStream::connect(address).await.ok()).await;
        }
        nginx
    }
}

/// A running nginx; killed when dropped.
#[derive(Debug)]
pub(crate) struct Nginx {
    _child: Child,
    /// guassp on a host of its own.
    pub(crate) own: String,
    /// SonarQube, with guassp under `/api/guassp`.
    pub(crate) beside: String,
    folder: TempDir,
}

impl Nginx {
    /// The access log so far.
    pub(crate) fn log(&self) -> String {
        self.read("guassp.access.log")
    }

    /// The error log so far.
    pub(crate) fn errors(&self) -> String {
        self.read("guassp.error.log")
    }

    fn read(&self, log: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(log)).expect("the log")
    }
}

fn nginx(folder: &Path) -> Command {
    let mut command = Command::new("nginx");
    command.args(["-e", "stderr", "-c", "nginx.conf", "-p"]).arg(folder);
    command
}
