"""rekor.py NOTARY TRUSTED_ROOT PROPOSAL...: logs proposed entries with the Rekor client of PyPI's
sigstore, gets them back by their index, by their name and by what was proposed, and verifies each
answer's inclusion proof, checkpoint and promise. Prints the index of each."""

import json
import sys

import rekor_types
from sigstore._internal.rekor.client import RekorClient, RekorClientError
from sigstore._internal.trust import KeyringPurpose
from sigstore.models import TrustedRoot

notary, trusted_root, *files = sys.argv[1:]
client = RekorClient(notary)
keyring = TrustedRoot.from_file(trusted_root).rekor_keyring(KeyringPurpose.VERIFY)
kinds = {"hashedrekord": rekor_types.Hashedrekord, "dsse": rekor_types.Dsse}


def checked(entry):
    entry._verify(keyring)
    return entry._inner


def refusal(action):
    try:
        action()
    except RekorClientError as error:
        return str(error)
    raise SystemExit("what had to be refused was not")


before = client.log.get()
indexes = []
for file in files:
    proposal = json.load(open(file))
    logged = checked(client.create_entry(proposal))
    index = int(logged.log_index)
    indexes.append(index)
    body = logged.canonicalized_body
    # An index of 0 counts as none for this client.
    if index > 0:
        assert checked(client.log.entries.get(log_index=index)).canonicalized_body == body
    expected = kinds[proposal["kind"]].model_validate(proposal)
    found = client.log.entries.retrieve.post(expected)
    assert found is not None, "what was logged is not found"
    assert checked(found).log_index == logged.log_index
    [name] = client._session.get(
        f"{client.url}/log/entries", params={"logIndex": index}
    ).json()
    assert checked(client.log.entries.get(uuid=name)).canonicalized_body == body
    again = refusal(lambda: client.create_entry(proposal))
    assert "409" in again or "already exists" in again, again
after = client.log.get()
assert after.tree_size == before.tree_size + len(files), (before, after)
assert after.tree_id == before.tree_id
unknown = refusal(lambda: client.log.entries.get(log_index=after.tree_size + 7))
assert "404" in unknown or "not" in unknown.lower(), unknown
print(json.dumps(indexes))
