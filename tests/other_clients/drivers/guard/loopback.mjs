// Loaded by every Node.js process of a driver: refuses connections that leave this machine.
import dns from 'node:dns';

const resolve = dns.lookup;

dns.lookup = (host, ...rest) => {
  if (host === '127.0.0.1' || host === 'localhost') {
    return resolve(host, ...rest);
  }
  const callback = rest.at(-1);
  return callback(new Error(`a client under test tried to reach ${host}: only the fake is allowed`));
};
