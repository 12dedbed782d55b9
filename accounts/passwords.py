"""Passwords that we make: words to read out and to type, good for a day."""

from __future__ import annotations

import secrets
from datetime import timedelta

LIFE = timedelta(hours=24)

# Some 140 short words without accents: four of them and two digits are 34 bits, behind the guard's
# limits and for a day.
_WORDS = """
abelha agulha alface amora anel anzol areia arpa aveia azeite bagre balde bambu banco barco beco
bloco boina bolo bonde brasa brisa broto bule cabo cacau caixa caju calha campo canoa capim carta
casca cedro cesta chave cobre coco corda coral couve cravo dado dente disco doca duna farol favo
feira ferro ficha figo filme fita flora folha forno fruta gaita galho garfo gelo giz goma grade
grilo haste horta ilha jambo jarra jipe juta lago lanca lata lenha lima linho lona louro lupa malha
manga mapa melro mesa milho moeda molde monte muro navio nogal novelo oliva onda orla palha pato
pedra pente pinho ponte praia prato quilo rede remo ripa roda rumo sabre salsa selva seta sino sola
tear telha tigre tinta torre trevo trigo tulipa uva vaga vale vela verso vidro viola vime zinco
"""


def make() -> str:
    """A password such as ``brisa-farol-42-quilo-remo``."""
    words = _WORDS.split()
    first, second, third, fourth = (secrets.choice(words) for _ in range(4))
    return f"{first}-{second}-{10 + secrets.randbelow(90)}-{third}-{fourth}"
