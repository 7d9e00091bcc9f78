import { findMissing } from '#commands';
import { verify } from './verify';

const missing = findMissing(['buildah', 'podman', 'runc', 'mmdebstrap']);
if (missing.length) {
  console.error(`the images cannot be verified without ${missing.join(', ')}: apt-get install -y --no-install-recommends ${missing.join(' ')}`);
  process.exit(1);
}
verify().catch((error: Error & { stderr?: string }) => {
  console.error(error.message);
  process.exitCode = 1;
});
