// Writes, reads and watches with etcd3 of the npm registry. The certificates are read once, into the client's options.
const { readFileSync } = require('node:fs');
const { Etcd3 } = require('etcd3');

const key = '/clients/node';
const file = (name) => readFileSync(`${process.env.CERTIFICATES}/${name}`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const client = new Etcd3({
  hosts: process.env.ENDPOINT,
  credentials: { rootCertificate: file('ca.crt'), privateKey: file('tls.key'), certChain: file('tls.crt') },
  defaultCallOptions: () => ({ deadline: Date.now() + 5000 }),
});

async function watch() {
  const watcher = await client.watch().key(key).create();
  watcher.on('put', (kv) => console.log('watched', kv.value.toString()));
  watcher.on('error', (err) => console.log('error: watch:', err.message));
}

async function main() {
  console.log('version etcd3', require('etcd3/package.json').version, 'on Node', process.version);
  watch().catch((err) => console.log('error: watch:', err.message));
  for (let n = 1; ; n++) {
    try {
      await client.put(key).value(String(n));
      const got = await client.get(key).string();
      console.log(got === String(n) ? `wrote ${n}` : `error: read ${got}, not ${n}`);
    } catch (err) {
      console.log('error:', err.message.split('\n')[0]);
    }
    await pause(1000);
  }
}

main();
