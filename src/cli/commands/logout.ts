/** `decant logout` */
import { logout } from '../../registry/auth/login.ts';
import { allEnvironment, tell } from '../io.ts';
import { registryDomain } from '../registry-name.ts';

export async function command(host: string | undefined): Promise<void> {
  const domain = registryDomain(host);
  const found = await logout(domain, { environment: allEnvironment() });
  tell(found ? `logged out of ${domain}` : `there were no credentials for ${domain}`);
}
