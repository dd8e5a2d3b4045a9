// verify.cjs TRUSTED_ROOT BUNDLE [FILE [PUBLIC_KEY]]: verifies a bundle with @sigstore/verify, and
// prints the name in its certificate, or `key`. A bundle of a DSSE envelope brings its own content.
const { createPublicKey } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { bundleFromJSON } = require("@sigstore/bundle");
const { TrustedRoot } = require("@sigstore/protobuf-specs");
const { Verifier, toSignedEntity, toTrustMaterial } = require("@sigstore/verify");

const [rootFile, bundleFile, file, keyFile] = process.argv.slice(2);
const json = (path) => JSON.parse(readFileSync(path, "utf8"));
const given = keyFile && createPublicKey(readFileSync(keyFile));
const findKey = given && (() => ({ publicKey: given, validFor: () => true }));
const trust = toTrustMaterial(TrustedRoot.fromJSON(json(rootFile)), findKey);
// The notary's authority makes certificates of ten years and has no certificate transparency.
const verifier = new Verifier(trust, { ctlogThreshold: 0 });
const entity = toSignedEntity(bundleFromJSON(json(bundleFile)), file && readFileSync(file));
const signer = verifier.verify(entity);
console.log(signer.identity?.subjectAlternativeName ?? "key");
