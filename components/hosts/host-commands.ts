import type { Way } from './host-form-state.ts'

/** What to type on the host so that Roadstead can reach it. Commands are not translated. */
export const hostCommands: Record<Way, readonly { label: string; text: string }[]> = {
  ssh: [
    {
      label: 'Docker',
      text: `# on your machine: let a key in
ssh-copy-id -i ~/.ssh/id_ed25519.pub deploy@HOST
# on the host: let that account use Docker
sudo usermod -aG docker deploy`,
    },
    {
      label: 'Podman, rootless',
      text: `systemctl --user enable --now podman.socket
sudo loginctl enable-linger "$USER"`,
    },
    { label: 'Podman, rootful', text: 'sudo systemctl enable --now podman.socket' },
  ],
  tls: [
    {
      label: 'Certificates',
      text: `HOST=10.0.0.4   # the address that Roadstead will use
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=engines -keyout ca-key.pem -out ca.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=$HOST -keyout server-key.pem -out server.csr
printf "subjectAltName=IP:$HOST\\nextendedKeyUsage=serverAuth\\n" > server.ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 825 -extfile server.ext -out server-cert.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=roadstead -keyout key.pem -out client.csr
printf "extendedKeyUsage=clientAuth\\n" > client.ext
openssl x509 -req -in client.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 825 -extfile client.ext -out cert.pem`,
    },
    {
      label: 'Docker (systemd)',
      text: `sudo install -d -m 700 /etc/docker/tls && sudo cp ca.pem server-cert.pem server-key.pem /etc/docker/tls/
sudo mkdir -p /etc/systemd/system/docker.service.d
sudo tee /etc/systemd/system/docker.service.d/roadstead.conf <<'UNIT'
[Service]
ExecStart=
ExecStart=/usr/bin/dockerd -H fd:// -H tcp://0.0.0.0:2376 --tlsverify --tlscacert=/etc/docker/tls/ca.pem --tlscert=/etc/docker/tls/server-cert.pem --tlskey=/etc/docker/tls/server-key.pem --containerd=/run/containerd/containerd.sock
UNIT
sudo systemctl daemon-reload && sudo systemctl restart docker`,
    },
  ],
  unix: [
    { label: 'Docker', text: 'sudo systemctl enable --now docker.socket' },
    { label: 'Podman, rootless', text: 'systemctl --user enable --now podman.socket' },
  ],
  tcp: [
    {
      label: 'Docker (systemd)',
      text: `# bind to the private address only, and let the firewall pass Roadstead alone
sudo mkdir -p /etc/systemd/system/docker.service.d
sudo tee /etc/systemd/system/docker.service.d/roadstead.conf <<'UNIT'
[Service]
ExecStart=
ExecStart=/usr/bin/dockerd -H fd:// -H tcp://10.0.0.4:2375 --containerd=/run/containerd/containerd.sock
UNIT
sudo systemctl daemon-reload && sudo systemctl restart docker`,
    },
    {
      label: 'Podman (systemd)',
      text: `sudo mkdir -p /etc/systemd/system/podman.socket.d
sudo tee /etc/systemd/system/podman.socket.d/roadstead.conf <<'UNIT'
[Socket]
ListenStream=10.0.0.4:8080
UNIT
sudo systemctl daemon-reload && sudo systemctl restart podman.socket`,
    },
  ],
}
