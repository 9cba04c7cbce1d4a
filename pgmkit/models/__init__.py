"""Small models for the experiments on knowledge: autoregressive, variational, text."""

from pgmkit.models.autoregressive import GridAR, prefixes
from pgmkit.models.vae import VAE, gaussian_kl, gaussian_log_prob

__all__ = ["VAE", "GridAR", "gaussian_kl", "gaussian_log_prob", "prefixes"]
