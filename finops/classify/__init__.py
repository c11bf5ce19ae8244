"""What a billed line is: model, token kind, service tier, scope and charge. Pure text to names."""

from finops.classify.classify import Classification, Shape, classify
from finops.classify.models import MODELS, Model, model_of, scope_of_model_id
from finops.classify.usage_type import Charge, Scope, ServiceTier, TokenKind

__all__ = [
    "MODELS",
    "Charge",
    "Classification",
    "Model",
    "Scope",
    "ServiceTier",
    "Shape",
    "TokenKind",
    "classify",
    "model_of",
    "scope_of_model_id",
]
