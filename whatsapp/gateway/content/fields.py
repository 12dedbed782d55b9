"""Which field of WhatsApp's Message is speech, and which only annotates or is for machines.

Only speech makes a bubble, opens an attendance and counts as unread. The readers beside this file
name the speech that has a form here; the rest of the protobuf is below, so that a field that
comes with a new version is nobody's by default (and is then shown as unknown).
"""

from __future__ import annotations

# Hold another message in `.message`; some of them whatsmeow opens itself, but not all the time.
WRAPPERS = (
    "deviceSentMessage",
    "editedMessage",
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "lottieStickerMessage",
    "audioStickerMessage",
    "groupMentionedMessage",
    "associatedChildMessage",
    "pollCreationMessageV4",
    "botForwardedMessage",
    "botInvokeMessage",
    "commentMessage",
    "questionMessage",
    "questionReplyMessage",
    "statusMentionMessage",
    "spoilerMessage",
    "limitSharingMessage",
)

# Say something about another message, or head a group of them: a target and no bubble.
ANNOTATIONS = frozenset(
    {
        "reactionMessage",
        "encReactionMessage",
        "pollUpdateMessage",
        "pollAddOptionMessage",
        "pollCreationOptionImageMessage",
        "pinInChatMessage",
        "keepInChatMessage",
        "encCommentMessage",
        "encEventResponseMessage",
        "eventCoverImage",
        "scheduledCallEditMessage",
        "secretEncryptedMessage",
        "conditionalRevealMessage",
        "albumMessage",
        "declinePaymentRequestMessage",
        "cancelPaymentRequestMessage",
        "splitPaymentUpdateMessage",
        "statusNotificationMessage",
        "statusStickerInteractionMessage",
    }
)

# Keys, settings and notices between programs. Edits and deletions are in protocolMessage.
PLUMBING = frozenset(
    {
        "protocolMessage",
        "senderKeyDistributionMessage",
        "fastRatchetKeySenderKeyDistributionMessage",
        "groupRootKeyShare",
        "rootSecretDistributeMessage",
        "messageContextInfo",
        "messageHistoryBundle",
        "messageHistoryNotice",
        "stickerSyncRmrMessage",
        "requestPhoneNumberMessage",
        "statusLinkPreviewMetadata",
        "botTaskMessage",
        "botPlatformRegistrationSuccessMessage",
        "acp2SettingMessage",
        "chat",
        "call",
    }
)

# Speech, but of a form that the desk has no picture for: shown as unknown, with its text.
UNSHOWN = frozenset(
    {
        "bcallMessage",
        "callLogMesssage",
        "eventInviteMessage",
        "eventMessage",
        "groupInviteMessage",
        "groupStatusMentionMessage",
        "groupStatusMessage",
        "groupStatusMessageV2",
        "highlyStructuredMessage",
        "invoiceMessage",
        "musicMessage",
        "newsletterAdminInviteMessage",
        "newsletterAdminProfileMessage",
        "newsletterAdminProfileStatusMessage",
        "newsletterFollowerInviteMessageV2",
        "newsletterScheduledMessage",
        "orderMessage",
        "paymentInviteMessage",
        "paymentReminderMessage",
        "placeholderMessage",
        "pollResultSnapshotMessage",
        "pollResultSnapshotMessageV3",
        "productMessage",
        "questionResponseMessage",
        "requestPaymentMessage",
        "richResponseMessage",
        "scheduledCallCreationMessage",
        "sendPaymentMessage",
        "splitPaymentMessage",
        "statusAddYours",
        "statusQuestionAnswerMessage",
        "statusQuotedMessage",
        "stickerPackMessage",
    }
)
