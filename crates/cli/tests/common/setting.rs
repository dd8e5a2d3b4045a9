//! A notary and somebody who uses it.

use super::{DataFolder, Done, Notary, User};
use serde_json::Value;

/// A notary with its data, and a user.
pub struct Setting {
    pub notary: Notary,
    pub data: DataFolder,
    pub user: User,
}

/// A new one.
pub fn setting() -> Setting {
    let data = DataFolder::new();
    Setting {
        notary: Notary::start(data.path()),
        data,
        user: User::new(),
    }
}

impl Setting {
    /// Runs a command of the user's with the notary.
    pub fn run(&self, args: &[&str]) -> Done {
        self.user.with(&self.notary.url(), args)
    }

    /// The fingerprint of the user's key.
    pub fn fingerprint(&self) -> String {
        let key = self.user.run(&["key", "--json"]).expect(0).json();
        key["fingerprint"].as_str().unwrap().to_owned()
    }

    /// Has the notary name the user's key.
    pub fn enrol(&self, name: &str) {
        let key = self.user.run(&["key"]).expect(0).out;
        self.user.write("key.pub", key);
        let data = self.data.path().to_str().unwrap();
        let add = ["notary", "signer", "add", name, "key.pub", "--data", data];
        self.user.run(&add).expect(0);
    }

    /// Signs a subject.
    #[track_caller]
    pub fn sign(&self, name: &str) -> Value {
        self.run(&["sign", name, "--json"]).expect(0).result()
    }

    /// Verifies a subject for who trusts the user's key.
    pub fn verify(&self, name: &str) -> Done {
        self.verify_with(&[name])
    }

    /// Verifies what the arguments say, for who trusts the user's key.
    pub fn verify_with(&self, args: &[&str]) -> Done {
        let signer = self.fingerprint();
        let own = ["verify", "--signer", &signer, "--json"];
        self.run(&[&own, args].concat())
    }

    /// Verifies an image by nothing but what is attached to it.
    pub fn verify_attached(&self, name: &str) -> Done {
        self.verify_with(&[name, "--source", "registry"])
    }
}
