// sign.cjs NOTARY PRIVATE_KEY message|dsse FILE [CERTIFICATE]: signs a file as a publisher would
// with @sigstore/sign and a key of their own, and prints the bundle.
const { createHash, createPrivateKey, createPublicKey, sign } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { bundleToJSON } = require("@sigstore/bundle");
const {
  DSSEBundleBuilder,
  MessageSignatureBundleBuilder,
  RekorWitness,
} = require("@sigstore/sign");

const [notary, keyFile, kind, file, certificateFile] = process.argv.slice(2);
const privateKey = createPrivateKey(readFileSync(keyFile));
const publicKey = createPublicKey(privateKey);
const key = certificateFile
  ? { $case: "x509Certificate", certificate: readFileSync(certificateFile, "utf8") }
  : {
      $case: "publicKey",
      publicKey: publicKey.export({ type: "spki", format: "pem" }),
      hint: createHash("sha256")
        .update(publicKey.export({ type: "spki", format: "der" }))
        .digest("base64"),
    };
const options = {
  signer: { sign: async (data) => ({ signature: sign("sha256", data, privateKey), key }) },
  witnesses: [new RekorWitness({ rekorBaseURL: notary, retry: 0, entryType: "dsse" })],
};
const builder =
  kind === "dsse"
    ? new DSSEBundleBuilder({ ...options, certificateChain: false })
    : new MessageSignatureBundleBuilder(options);
builder
  .create({ data: readFileSync(file), type: "application/vnd.in-toto+json" })
  .then((bundle) => console.log(JSON.stringify(bundleToJSON(bundle))))
  .catch((error) => {
    console.error(error, error.cause);
    process.exitCode = 1;
  });
