from django.db import models


class Attachment(models.Model):
    """A file of a message, and what it takes to fetch it from WhatsApp's media servers."""

    message = models.OneToOneField("whatsapp.Message", models.CASCADE, related_name="attachment")
    mime = models.CharField(max_length=120, blank=True)
    name = models.CharField("nome", max_length=255, blank=True)
    size = models.BigIntegerField("tamanho em bytes", default=0)
    direct_path = models.TextField(blank=True)
    media_key = models.BinaryField(null=True)
    sha256 = models.BinaryField(null=True)
    enc_sha256 = models.BinaryField(null=True)
    file = models.FileField("arquivo", upload_to="anexos/%Y/%m/", blank=True)

    class Meta:
        verbose_name = "anexo"

    def __str__(self) -> str:
        return self.name or self.mime
