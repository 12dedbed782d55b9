"""A WhatsApp server on 127.0.0.1 that the real neonize accepts, with software phones.

server = LoopbackServer().start()
company = server.company("5511911110000", "Vendas SP")
marina = server.customer("5511990010001", "Marina Duarte")
worker = subprocess.Popen(command, env={**os.environ, **server.environment()})
server.scan(company, qr_text)                 # as the company's phone would
server.write(marina, company, "Bom dia")      # arrives encrypted
server.wait(lambda: marina.inbox())           # what the company answered
server.read(marina, company)                  # the ticks turn blue
server.send_image(marina, company, jpeg)      # files, groups, status and channels as well
company.faults.drop_after_delivery = 1        # and what goes wrong: faults.py, server.drop(...)

Rooms: tls, websocket, noise, wire carry bytes; host, switchboard, link keep connections; queries,
to_device, from_device, groups are the stanzas; keys, ratchet, senderkey, appstate, media the
cryptography; phone, phones the people; acts, server what they do; cast, control who plays them.
"""

# Before neonize's protobufs, whose package wants libmagic (see whatsapp/gateway).
import pylibmagic  # noqa: F401
