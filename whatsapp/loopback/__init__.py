"""A WhatsApp server on 127.0.0.1 that the real neonize accepts, with software phones.

server = LoopbackServer().start()
company = server.company("5511911110000", "Vendas SP")
marina = server.customer("5511990010001", "Marina Duarte")
worker = subprocess.Popen(command, env={**os.environ, **server.environment()})
server.scan(company, qr_text)                 # as the company's phone would
server.write(marina, company, "Bom dia")      # arrives encrypted
server.wait(lambda: marina.inbox())           # what the company answered
server.read(marina, company)                  # the ticks turn blue
"""
